namespace Consensus.ML.Options;

/// <summary>The diffusion process (Amit et al. 2023, section 3; Nichol and Dhariwal 2021).</summary>
public sealed record DiffusionOptions
{
    /// <summary>Number of diffusion steps T, 2 to 4000. Default 100, the paper's.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>The noise schedule. Default <see cref="NoiseScheduleKind.Linear"/>, the paper's.</summary>
    public NoiseScheduleKind Schedule { get; init; } = NoiseScheduleKind.Linear;

    /// <summary>
    /// Whether the network also predicts the variance, in a second output channel, and learns it from the variational bound. Default true,
    /// the paper's. When false, the variance is β_t and the loss is the mean squared error over pixels. (The published code sums over
    /// pixels instead; AdamW does not depend on that factor.)
    /// </summary>
    public bool LearnedVariance { get; init; } = true;

    /// <summary>What the network predicts. Default <see cref="PredictionType.Epsilon"/>: the noise ε, the paper's.</summary>
    public PredictionType Prediction { get; init; } = PredictionType.Epsilon;
}
