namespace Consensus.ML.Options;

/// <summary>
/// What the network learns to draw (the paper's Table 2). If the target is one of C maps,
/// <see cref="Consensus.ML.Options.LevelConditioning"/> decides how the network knows which.
/// </summary>
public enum TrainingTarget
{
    /// <summary>
    /// As in the method: M_c, the pixels that at least c raters marked. The network knows the level c of 1..C. For a case with R raters,
    /// M_c holds the pixels that at least the share c/C of the R raters marked.
    /// </summary>
    Consensus,

    /// <summary>The mask of one rater who drew the case. The network knows which of the C raters it is.</summary>
    Annotator,

    /// <summary>The mask of a random rater among those who drew the case. The network does not know which.</summary>
    AnyAnnotator,

    /// <summary>The soft map itself: the share of raters at each pixel, without levels.</summary>
    SoftLabel,
}
