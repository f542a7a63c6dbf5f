namespace Consensus.ML.Options;

/// <summary>How maps are sampled. Can be changed on a trained model without retraining.</summary>
public sealed record SamplingOptions
{
    /// <summary>
    /// Number n of maps generated for each level, by each member of an ensemble, 1 to 1000; the prediction is their mean (the paper's
    /// Figure 3). Default 25, the paper's.
    /// </summary>
    public int Generations { get; init; } = 25;

    /// <summary>
    /// Ends averaging early, above 0: once one more generation has moved the mean soft map by less than this, as the mean absolute change
    /// over its pixels. Two generations are taken at least, <see cref="Generations"/> at most; they are then sampled one after another.
    /// Null (the default) takes them all.
    /// </summary>
    public double? Tolerance { get; init; }

    /// <summary>
    /// Whether generations take turns at the image and its mirror images, whose maps are mirrored back before they are averaged
    /// (test-time augmentation): the second generation sees it with its columns reversed, the third its rows, the fourth both. Only the
    /// axes that training's augmentation mirrored are used. Default false, as published.
    /// </summary>
    public bool Mirror { get; init; }

    /// <summary>The sampler. Default <see cref="SamplerKind.Ddpm"/>, the paper's.</summary>
    public SamplerKind Sampler { get; init; } = SamplerKind.Ddpm;

    /// <summary>How many of the T diffusion steps are taken, evenly spaced, 1 to T; null (the default) takes all.</summary>
    public int? Steps { get; init; }

    /// <summary>
    /// How many passes of the network are made at once, 1 to 4096, each of one map, or with
    /// <see cref="Consensus.ML.Options.LevelConditioning.Channels"/> of those of all levels: bounds memory, and changes results by
    /// rounding only. Default 16.
    /// </summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>
    /// Seed of the noise; null (the default) takes the model's. The noise of a slice depends on this seed and the slice's values alone.
    /// </summary>
    public int? Seed { get; init; }

    /// <summary>Number format. Default <see cref="Consensus.ML.Options.Precision.Float32"/>.</summary>
    public Precision Precision { get; init; } = Precision.Float32;
}
