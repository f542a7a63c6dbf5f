namespace Consensus.ML.Options;

/// <summary>
/// The Probabilistic U-Net (Kohl et al. 2018, "A probabilistic U-Net for segmentation of ambiguous images"): a latent of few numbers
/// chooses one of the masks that raters might draw.
/// </summary>
public sealed record ProbabilisticOptions
{
    /// <summary>Numbers of the latent, 1 to 100. Default 6, the paper's.</summary>
    public int LatentSize { get; init; } = 6;

    /// <summary>
    /// Weight β of the divergence between posterior and prior in the loss, 0 to 1000. The cross-entropy beside it is a sum over the pixels.
    /// Default 1, the evidence lower bound itself, as in the published training configuration.
    /// </summary>
    public double Beta { get; init; } = 1;
}
