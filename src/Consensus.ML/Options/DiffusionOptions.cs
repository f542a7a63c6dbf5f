namespace Consensus.ML.Options;

/// <summary>How β_t grows with t.</summary>
public enum NoiseScheduleKind
{
    /// <summary>Equally spaced β, scaled to the number of steps (the paper's).</summary>
    Linear,

    /// <summary>ᾱ(t) follows a squared cosine (Nichol and Dhariwal 2021, equation 17).</summary>
    Cosine,
}

/// <summary>What the first output channel of the network is.</summary>
public enum PredictionType
{
    /// <summary>The noise ε (the paper's).</summary>
    Epsilon,

    /// <summary>The clean map x_0 itself.</summary>
    XStart,

    /// <summary>The velocity v = √ᾱ ε − √(1 − ᾱ) x_0 (Salimans and Ho 2022): ε at clean times, x_0 at noisy ones.</summary>
    Velocity,

    /// <summary>The clean map as a logit: x_0 = tanh(output / 2), that is 2·sigmoid(output) − 1; trained with cross-entropy.</summary>
    XStartLogit,
}

/// <summary>The diffusion process (Amit et al. 2023, section 3; Nichol and Dhariwal 2021).</summary>
public sealed record DiffusionOptions
{
    /// <summary>Number of diffusion steps T, 2 to 4000. Default 100, the paper's.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>The noise schedule. Default linear, the paper's.</summary>
    public NoiseScheduleKind Schedule { get; init; } = NoiseScheduleKind.Linear;

    /// <summary>
    /// Whether the network predicts the variance too, in a second output channel, and learns it from the variational bound. Default true,
    /// the paper's. Without it the variance is β_t, and the loss is the mean squared error over pixels, where the published code then
    /// sums it (a factor that AdamW does not see).
    /// </summary>
    public bool LearnedVariance { get; init; } = true;

    /// <summary>What the network predicts. Default ε, the paper's.</summary>
    public PredictionType Prediction { get; init; } = PredictionType.Epsilon;
}
