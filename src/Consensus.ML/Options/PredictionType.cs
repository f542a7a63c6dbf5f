namespace Consensus.ML.Options;

/// <summary>What the first output channel of the network is.</summary>
public enum PredictionType
{
    /// <summary>The noise ε (the paper's).</summary>
    Epsilon,

    /// <summary>The clean map x_0 itself.</summary>
    XStart,

    /// <summary>The velocity v = √ᾱ ε − √(1 − ᾱ) x_0 (Salimans and Ho 2022): ε at clean times, x_0 at noisy times.</summary>
    Velocity,

    /// <summary>The clean map as a logit: x_0 = tanh(output / 2) = 2·sigmoid(output) − 1. Trained with cross-entropy.</summary>
    XStartLogit,
}
