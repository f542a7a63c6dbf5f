namespace Consensus.ML.Torch.OnePass;

/// <summary>What the maps of a prediction are.</summary>
internal enum MapMeaning
{
    /// <summary>The levels of agreement, one map each.</summary>
    Levels,

    /// <summary>The masks of the raters, one map each.</summary>
    Raters,

    /// <summary>Any number of soft maps, or of masks that any rater might draw.</summary>
    SoftMaps,
}
