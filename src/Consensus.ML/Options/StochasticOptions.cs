namespace Consensus.ML.Options;

/// <summary>
/// Stochastic segmentation networks (Monteiro et al. 2020, "Stochastic segmentation networks: modelling spatially correlated aleatoric
/// uncertainty"): the logits of all pixels together are normal, with the covariance P·Pᵀ + D.
/// </summary>
public sealed record StochasticOptions
{
    /// <summary>
    /// Columns of the factor P, 1 to 100: in how many ways pixels vary together. Default 10, the paper's.
    /// </summary>
    public int Rank { get; init; } = 10;

    /// <summary>
    /// Samples of the logits, 1 to 1000, that estimate the probability of a mask in a training step. Default 20, the paper's.
    /// </summary>
    public int TrainingSamples { get; init; } = 20;

    /// <summary>
    /// Whether pixels where every channel has its smallest value of the slice get no covariance: all samples have the mean there. The
    /// paper does so outside of the brain, where the covariance would grow without bound. Use it where the background is one constant
    /// value, as after skull stripping, and no rater marks it. Default false; the largest variance is bounded in any case.
    /// </summary>
    public bool MaskBackground { get; init; }
}
