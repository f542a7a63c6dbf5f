using System.Text.Json.Serialization;

namespace Consensus.ML.Options;

/// <summary>How the network receives the image together with x_t.</summary>
public enum Conditioning
{
    /// <summary>
    /// As in the method: D(E(F(x_t) + G(I), emb)). An RRDB net G encodes the image once for any number of maps (Amit et al. 2023, section
    /// 3).
    /// </summary>
    Encoder,

    /// <summary>
    /// The image's channels and x_t go into the first convolution together, without an image encoder. The encoder's options are then
    /// ignored. With the target Consensus this is like DMISE (Wolleb et al. 2022, "Diffusion models for implicit image segmentation
    /// ensembles"), which learns single masks and has no level input. With the target AnyAnnotator it is like AMIS (Rahman et al. 2023,
    /// "Ambiguous medical image segmentation using diffusion models"), which has two more networks for the ambiguity of an image, and a
    /// loss for them. Those are left out here. Both methods use more diffusion steps than the presets do.
    /// </summary>
    Concatenation,
}

/// <summary>How the network tells the levels of agreement (or the raters) apart.</summary>
public enum LevelConditioning
{
    /// <summary>As in the method: a pass draws one map, and the embedding c gives its level (Amit et al. 2023, section 3).</summary>
    Embedding,

    /// <summary>
    /// A pass draws the maps of all levels, each in its own channel of x_t, without a level embedding. Every step of training learns all
    /// levels from each of its images. A prediction takes one pass where <see cref="Embedding"/> takes one pass for each level. It changes
    /// nothing if the target has one map (<see cref="Consensus.ML.Options.TrainingTarget.SoftLabel"/>,
    /// <see cref="Consensus.ML.Options.TrainingTarget.AnyAnnotator"/>).
    /// </summary>
    Channels,
}

/// <summary>The shape of the network ε(x_t, I, t, c) = D(E(F(x_t) + G(I), emb)) (Amit et al. 2023, section 3).</summary>
public sealed record NetworkOptions
{
    // Measured at 64 and at 128 pixels (tests/Consensus.ML.Benchmarks/STUDY.md).
    private const int LeastPatchedSide = 128;

    /// <summary>
    /// Base number of channels L, 32 to 4096; a multiple of 32 (group normalisation works on 32 groups). Default 32; the paper's is 128.
    /// </summary>
    public int ModelChannels { get; init; } = 32;

    /// <summary>
    /// Channels of each U-Net level as multiples of <see cref="ModelChannels"/>; every level but the first halves the
    /// side. Default 1, 2, 3, 4.
    /// </summary>
    public IReadOnlyList<int> ChannelMultipliers { get; init; } = [1, 2, 3, 4];

    /// <summary>
    /// Side, in pixels, of square patches. The pixels of a patch go into the first convolutions as channels, and come out of the last
    /// convolution as channels. The network works on 1/PatchSize of each side, in about 1/PatchSize² of the time, and still draws every
    /// pixel (Hoogeboom et al. 2023, "simple diffusion: End-to-end diffusion for high resolution images", section 3.2). 1, 2, 4 or 8; or
    /// null to choose by the slice: 2 if both sides have at least 128 pixels and can be divided into such patches, else 1. Default 1, as
    /// published.
    /// </summary>
    public int? PatchSize { get; init; } = 1;

    /// <summary>
    /// Both sides of a slice must be a multiple of this number, so that every level can halve them: <see cref="PatchSize"/> · 2^(levels −
    /// 1). A PatchSize of null counts as 1 here, since it follows the sides.
    /// </summary>
    [JsonIgnore]
    public int SideMultiple => (PatchSize ?? 1) << (ChannelMultipliers.Count - 1);

    /// <summary>Residual blocks R of each U-Net level (one more on the way up). Default 2; the paper's is 3.</summary>
    public int ResidualBlocks { get; init; } = 2;

    /// <summary>Sides of the feature maps that get self-attention. Default 16 and 8.</summary>
    public IReadOnlyList<int> AttentionResolutions { get; init; } = [16, 8];

    /// <summary>Heads of each self-attention. Default 4.</summary>
    public int AttentionHeads { get; init; } = 4;

    /// <summary>
    /// How the image reaches the network. Default <see cref="Consensus.ML.Options.Conditioning.Encoder"/>: through the RRDB encoder, as in
    /// the method.
    /// </summary>
    public Conditioning Conditioning { get; init; } = Conditioning.Encoder;

    /// <summary>
    /// How the network tells the levels of agreement (or the raters) apart. Default
    /// <see cref="Consensus.ML.Options.LevelConditioning.Embedding"/>, as published.
    /// </summary>
    public LevelConditioning LevelConditioning { get; init; }

    /// <summary>Blocks of the RRDB image encoder G. Default 2; the paper's is 8.</summary>
    public int EncoderBlocks { get; init; } = 2;

    /// <summary>Features inside the image encoder. Default 64, as published.</summary>
    public int EncoderWidth { get; init; } = 64;

    /// <summary>Features that each convolution of a dense block adds. Default 32, as published.</summary>
    public int EncoderGrowth { get; init; } = 32;

    /// <summary>
    /// Whether the image encoder is told where each pixel lies: three more channels of its first convolution hold the row, the column and
    /// the sum of their squares, from the middle of the slice (Liu et al. 2018, "An intriguing failing of convolutional neural networks and
    /// the CoordConv solution"). A convolution alone cannot tell a structure in the middle from one at the edge. For
    /// <see cref="Conditioning.Encoder"/> only. Default false, as published.
    /// </summary>
    public bool EncoderCoordinates { get; init; }

    /// <summary>
    /// Whether the first convolution of x_t, F, starts at zero. A new network then sees the image alone, and learns during training to use
    /// x_t. Predictions of x_0 at noisy times learn faster this way (tests/Consensus.ML.Benchmarks/RESULTS.md). For
    /// <see cref="Conditioning.Encoder"/> only. Default false, as published.
    /// </summary>
    public bool NoiseStartsAtZero { get; init; }

    /// <summary>
    /// Whether time and level scale and shift the output of each residual block's second normalisation (use_scale_shift_norm in the
    /// published code; Dhariwal and Nichol 2021, section 3.1) instead of being added before it. The normalisation works on 32 groups and
    /// subtracts each group's mean. With 32 channels, each group has one channel, so it removes what was added: such blocks learn neither
    /// time nor level. Default false, as published.
    /// </summary>
    public bool ScaleShiftNorm { get; init; }

    /// <summary>Dropout probability inside residual blocks, in [0, 1). Default 0, as published.</summary>
    public double Dropout { get; init; }

    /// <summary>The patches' side; it must have been chosen before.</summary>
    [JsonIgnore]
    internal int Patch => PatchSize ?? throw new InvalidOperationException($"{nameof(PatchSize)} was not chosen.");

    /// <summary>The same options with a number for <see cref="PatchSize"/>; if it is null, the sides of the slices decide.</summary>
    internal NetworkOptions For(int height, int width)
    {
        int twice = 2 * SideMultiple;
        return PatchSize is not null
            ? this
            : this with { PatchSize = Math.Min(height, width) >= LeastPatchedSide && height % twice == 0 && width % twice == 0 ? 2 : 1 };
    }
}
