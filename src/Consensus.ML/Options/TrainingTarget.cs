namespace Consensus.ML.Options;

/// <summary>
/// What the network learns to draw (the paper's Table 2). Where it says which of C maps,
/// <see cref="Consensus.ML.Options.LevelConditioning"/> says how the network knows.
/// </summary>
public enum TrainingTarget
{
    /// <summary>
    /// The method: M_c, the pixels that at least c raters marked, for a level c of 1..C, knowing which. Of a case with R raters, those
    /// that at least the share c/C of R marked.
    /// </summary>
    Consensus,

    /// <summary>The mask of one rater of those who drew the case, knowing which of the C raters it is.</summary>
    Annotator,

    /// <summary>The mask of one rater, drawn from those who drew the case; not knowing which.</summary>
    AnyAnnotator,

    /// <summary>The soft map itself, the share of raters at each pixel; no level.</summary>
    SoftLabel,
}
