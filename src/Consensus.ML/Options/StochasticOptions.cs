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
    /// Steps at the beginning of the training, 0 to 1 000 000, in which the mean alone is learnt, as in the toy problem of the authors'
    /// code. A covariance that is learnt beside a bad mean grows until one of the samples is good by chance, and the others, which cost
    /// little, spoil the soft map. A training that ends before learns no covariance. Default 250; ContinueFrom sets 0.
    /// </summary>
    public int MeanSteps { get; init; } = 250;

    /// <summary>
    /// Whether pixels where every channel has its smallest value of the slice get no covariance: all samples have the mean there. The
    /// paper does so outside of the brain, where the covariance would grow without bound. Use it where the background is one constant
    /// value, as after skull stripping, and no rater marks it. Default false. The variance that a pixel has by itself (D) is bounded in any
    /// case.
    /// </summary>
    public bool MaskBackground { get; init; }
}
