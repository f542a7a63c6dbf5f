namespace Consensus.Imaging.Labels;

/// <summary>What is done with a case that fewer (or more) raters have drawn than there are levels of consensus.</summary>
public enum MissingRaters
{
    /// <summary>The case is left out, with a warning: the paper's protocol.</summary>
    Drop,

    /// <summary>
    /// The case is kept: of C levels, level c means at least the share c/C of the raters who drew it. With as many raters as levels that
    /// is the paper's level.
    /// </summary>
    Fraction,
}
