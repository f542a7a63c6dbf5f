namespace Consensus.Imaging.Labels;

/// <summary>
/// What happens to a case whose number of masks is not the number of consensus levels, because fewer or more raters drew it.
/// </summary>
public enum MissingRaters
{
    /// <summary>The case is left out, with a warning. This is the paper's protocol.</summary>
    Drop,

    /// <summary>
    /// The case is kept. If there are C levels, level c holds the pixels that at least the share c/C of the case's raters marked. If there
    /// are as many raters as levels, this is the paper's level.
    /// </summary>
    Fraction,
}
