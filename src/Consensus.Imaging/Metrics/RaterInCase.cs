namespace Consensus.Imaging.Metrics;

/// <summary>One rater's mask of one case beside the others'. What needs another rater is NaN where there is only one.</summary>
/// <param name="Name">Who drew it.</param>
/// <param name="Area">Number of marked pixels.</param>
/// <param name="AreaDeviation">
/// (area − mean area of the case's raters, this one included) / that mean: 0.1 is 10 % larger. NaN where nobody marked anything.
/// </param>
/// <param name="Dice">
/// Mean Dice with each of the other raters, smoothed as in the paper's Table 3, so that two empty masks agree fully.
/// </param>
/// <param name="StapleSensitivity">
/// The share of the STAPLE estimate's pixels that the rater marked (<see cref="Consensus.Imaging.Labels.StapleEstimate.Sensitivity"/>);
/// NaN where nobody marked anything.
/// </param>
/// <param name="StapleSpecificity">
/// The share of the other pixels that the rater left out (<see cref="Consensus.Imaging.Labels.StapleEstimate.Specificity"/>); NaN where
/// everybody marked everything.
/// </param>
/// <param name="StapleDice">Dice with the STAPLE estimate, cut above one half.</param>
public sealed record RaterInCase(
    string Name,
    long Area,
    double AreaDeviation,
    double Dice,
    double StapleSensitivity,
    double StapleSpecificity,
    double StapleDice)
{
    /// <summary>The marked area in mm²; NaN where the image does not say how large a pixel is.</summary>
    public double PhysicalArea { get; init; } = double.NaN;
}
