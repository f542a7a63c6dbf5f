using System.Text.Json.Serialization;

namespace Consensus.ML.Options;

/// <summary>How the network is told the image beside x_t.</summary>
public enum Conditioning
{
    /// <summary>
    /// The method's: D(E(F(x_t) + G(I), emb)), where an RRDB net G encodes the image once, however many maps are drawn of it (Amit et
    /// al. 2023, section 3).
    /// </summary>
    Encoder,

    /// <summary>
    /// The image's channels and x_t go into the first convolution together, with no encoder of its own. The encoder's options are then
    /// ignored. With the target Consensus this is like DMISE (Wolleb et al. 2022, "Diffusion models for implicit image segmentation
    /// ensembles"), which learns single masks and is told no level; with the target AnyAnnotator it is like AMIS (Rahman et al. 2023,
    /// "Ambiguous medical image segmentation using diffusion models"), which has two more networks for the ambiguity of an image, and a
    /// loss for them, that are left out here. Both take more diffusion steps than the presets do.
    /// </summary>
    Concatenation,
}

/// <summary>How the network tells the levels of agreement (or the raters) apart.</summary>
public enum LevelConditioning
{
    /// <summary>The method's: a pass draws one map, of the level that its embedding c says (Amit et al. 2023, section 3).</summary>
    Embedding,

    /// <summary>
    /// A pass draws the maps of all levels, each in a channel of x_t of its own; no embedding says which. Every step of training learns
    /// all levels from each of its images, and a prediction takes as many passes fewer as there are levels. It changes nothing where the
    /// target has one map (<see cref="Consensus.ML.Options.TrainingTarget.SoftLabel"/>,
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
    /// Side, in pixels, of the square patches whose pixels go into the first convolutions as channels and come out of the last one so:
    /// the network works on 1/PatchSize of each side, in about 1/PatchSize² of the time, and still draws every pixel (Hoogeboom et al.
    /// 2023, "simple diffusion: End-to-end diffusion for high resolution images", section 3.2). 1, 2, 4 or 8; or null for 2 where both
    /// sides of a slice have at least 128 pixels and can be divided so, and 1 elsewhere. Default 1, as published.
    /// </summary>
    public int? PatchSize { get; init; } = 1;

    /// <summary>
    /// What both sides of a slice must be a multiple of, so that every level can halve them: <see cref="PatchSize"/> · 2^(levels − 1),
    /// where a PatchSize of null, which follows the sides, counts as 1.
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
    /// How the image reaches the network. Default <see cref="Consensus.ML.Options.Conditioning.Encoder"/>: by the RRDB encoder, the
    /// method's.
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
    /// Whether the first convolution of x_t, F, starts at zero, so that a new network sees the image alone and finds out what x_t tells
    /// it as it learns. Predictions of x_0 at noisy times learn faster so (tests/Consensus.ML.Benchmarks/RESULTS.md). For
    /// <see cref="Conditioning.Encoder"/> only. Default false, as published.
    /// </summary>
    public bool NoiseStartsAtZero { get; init; }

    /// <summary>
    /// Whether time and level scale and shift what comes of each residual block's second normalisation (use_scale_shift_norm in the
    /// published code; Dhariwal and Nichol 2021, section 3.1) instead of being added before it. The normalisation works on 32 groups and
    /// takes a group's mean away: with 32 channels, one a group, it takes away what was added, and such blocks are told neither time nor
    /// level. Default false, as published.
    /// </summary>
    public bool ScaleShiftNorm { get; init; }

    /// <summary>Dropout probability inside residual blocks, in [0, 1). Default 0, as published.</summary>
    public double Dropout { get; init; }

    /// <summary>The patches' side, which has been chosen by now.</summary>
    [JsonIgnore]
    internal int Patch => PatchSize ?? throw new InvalidOperationException($"{nameof(PatchSize)} was not chosen.");

    /// <summary>The same with a number for <see cref="PatchSize"/>, chosen by the sides of the slices where there is none.</summary>
    internal NetworkOptions For(int height, int width)
    {
        int twice = 2 * SideMultiple;
        return PatchSize is not null
            ? this
            : this with { PatchSize = Math.Min(height, width) >= LeastPatchedSide && height % twice == 0 && width % twice == 0 ? 2 : 1 };
    }
}
