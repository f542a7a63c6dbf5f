namespace Consensus.Imaging.Pictures;

/// <summary>In which order a <see cref="ContactSheet"/> shows its cases.</summary>
public enum ContactSheetOrder
{
    /// <summary>As they are given.</summary>
    Given,

    /// <summary>
    /// The lowest mean pairwise Dice first, for a look at what the raters disagree on; cases with one rater last. Every
    /// mask is read once more.
    /// </summary>
    Agreement,
}
