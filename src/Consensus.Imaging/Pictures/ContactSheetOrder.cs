namespace Consensus.Imaging.Pictures;

/// <summary>The order of the cases on a <see cref="ContactSheet"/>.</summary>
public enum ContactSheetOrder
{
    /// <summary>The given order.</summary>
    Given,

    /// <summary>
    /// The case with the lowest mean pairwise Dice first, to see where the raters disagree. Cases with one rater come last. Every mask is
    /// read one more time.
    /// </summary>
    Agreement,
}
