namespace Consensus.ML.Training;

/// <summary>What the network learns to draw (the paper's Table 2).</summary>
public enum TrainingTarget
{
    /// <summary>The method: M_c, the pixels that at least c raters marked, for a level c drawn from 1..C; conditioned on c. Of a case with R raters, those that at least the share c/C of R marked.</summary>
    Consensus,

    /// <summary>The mask of one rater, drawn from those who drew the case; conditioned on which of the C raters it is.</summary>
    Annotator,

    /// <summary>The mask of one rater, drawn from those who drew the case; not told which.</summary>
    AnyAnnotator,

    /// <summary>The soft map itself, the share of raters at each pixel; no level.</summary>
    SoftLabel,
}
