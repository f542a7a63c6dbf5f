using Consensus.Imaging.Augmentation;

namespace Consensus.ML.Options;

/// <summary>How maps are sampled. Can be changed on a trained model without retraining.</summary>
public sealed record SamplingOptions
{
    /// <summary>
    /// Number n of maps that each member of an ensemble generates for each level, 1 to 1000. The prediction is their mean (the paper's
    /// Figure 3). Default 25, the paper's.
    /// </summary>
    public int Generations { get; init; } = 25;

    /// <summary>
    /// Ends averaging early, above 0: sampling stops when a further generation moves the mean soft map by less than this (mean absolute
    /// change over its pixels). It takes at least two generations and at most <see cref="Generations"/>, one after another. Null (the
    /// default) takes them all.
    /// </summary>
    public double? Tolerance { get; init; }

    /// <summary>
    /// Whether generations take turns at the image and its mirror images (test-time augmentation). Maps of mirror images are mirrored back
    /// before averaging. The second generation sees the image with its columns reversed, the third with its rows reversed, the fourth with
    /// both. Only axes that augmentation mirrored in training are used. Default false, as published.
    /// </summary>
    public bool Mirror { get; init; }

    /// <summary>
    /// How mirrored images are moved by a part of a pixel, where the model's masks lie such a part off its images: so the maps of all views
    /// lie at one place. Cubic convolution blurs these views less than linear interpolation, as
    /// <see cref="AugmentationPolicy.Interpolation"/> does in training. Without <see cref="Mirror"/>, and where masks and images have one
    /// size, it changes nothing. Default <see cref="InterpolationMode.Linear"/>, as models of before were made; the presets for a CPU have
    /// cubic convolution.
    /// </summary>
    public InterpolationMode MirrorInterpolation { get; init; }

    /// <summary>
    /// Where a soft map that is the share of rounded levels is rounded, if it is brought to the size of its image (RestoreSlices, and
    /// scores at the masks' own size). True rounds there, so that outlines can lie between the pixels of the model. False rounds at the
    /// model's size and interpolates the soft map. Maps of the model's size do not change. Default false, as models of before were made;
    /// the presets have true.
    /// </summary>
    public bool RoundAtImageSize { get; init; }

    /// <summary>The sampler. Default <see cref="SamplerKind.Ddpm"/>, the paper's.</summary>
    public SamplerKind Sampler { get; init; } = SamplerKind.Ddpm;

    /// <summary>Number of the T diffusion steps to take, evenly spaced, 1 to T; null (the default) takes all.</summary>
    public int? Steps { get; init; }

    /// <summary>
    /// Number of network passes computed at once, 1 to 4096. A pass draws one map, or the maps of all levels with
    /// <see cref="Consensus.ML.Options.LevelConditioning.Channels"/>. It bounds memory, and changes results by rounding only. Default 16.
    /// </summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>
    /// Seed of the noise; null (the default) takes the model's. The noise of a slice depends only on this seed and on the slice's values.
    /// </summary>
    public int? Seed { get; init; }

    /// <summary>Number format. Default <see cref="Consensus.ML.Options.Precision.Float32"/>.</summary>
    public Precision Precision { get; init; } = Precision.Float32;
}
