namespace Consensus.ML.Options;

/// <summary>
/// What a one-pass U-Net learns from the raters: the baselines of the paper's Table 1 that need only this network, and two direct ways to
/// the soft map.
/// </summary>
/// <remarks>
/// All are trained with cross-entropy, and optionally a soft Dice loss, on the U-Net of the diffusion model without time, level and image
/// encoder. The original papers have other networks, losses and data, so a comparison tests the idea alone.
/// </remarks>
public enum UNetKind
{
    /// <summary>
    /// One output for each level of agreement c of C, trained on M_c, the pixels that at least c raters marked (for a case with R raters,
    /// at least the share c/C of R). These are the maps that the paper's diffusion model samples, predicted in one pass.
    /// </summary>
    Levels,

    /// <summary>One output, trained on the share of raters at each pixel with cross-entropy.</summary>
    SoftLabel,

    /// <summary>MV-UNet: one output, trained on the pixels that more than half of the raters marked (a tie is background).</summary>
    MajorityVote,

    /// <summary>
    /// LS-UNet (Jensen et al. 2019, "Improving uncertainty estimation in convolutional neural networks using inter-rater agreement"): one
    /// output, trained on the mask of one rater, chosen at random in each step.
    /// </summary>
    LabelSampling,

    /// <summary>
    /// MH-UNet (Guan et al. 2018, "Who said what: modeling individual labelers improves classification"): one output for each rater,
    /// trained on that rater's masks. A rater who did not draw a case does not count in its loss. The prediction is the mean of the
    /// outputs. The learned rater weights of the original are left out.
    /// </summary>
    MultiHead,

    /// <summary>
    /// MCD (Gal and Ghahramani 2016; Kendall et al. 2015): dropout stays on at prediction, and the prediction is the mean of several
    /// passes. Trained as the baseline of Kohl et al. 2018 ("A probabilistic U-Net for segmentation of ambiguous images"), on the mask of
    /// one rater, chosen at random in each step. Kohl et al. drop half of the values around the innermost blocks; here every residual block
    /// drops some.
    /// </summary>
    MonteCarloDropout,
}
