namespace Consensus.Imaging.Metrics;

/// <summary>
/// One rater's mask of one case, compared with the other raters. Values that need another rater are NaN if there is only one.
/// </summary>
/// <param name="Name">The rater's name.</param>
/// <param name="Area">Number of marked pixels.</param>
/// <param name="AreaDeviation">
/// (area − mean area) / mean area. The mean is taken over all raters of the case, including this rater. 0.1 means 10 % larger than the
/// mean. NaN if nobody marked anything.
/// </param>
/// <param name="Dice">
/// Mean Dice with each of the other raters, smoothed as in the paper's Table 3. So two empty masks have a Dice of 1.
/// </param>
/// <param name="StapleSensitivity">
/// The share of the STAPLE estimate's pixels that the rater marked (<see cref="Consensus.Imaging.Labels.StapleEstimate.Sensitivity"/>);
/// NaN if nobody marked anything.
/// </param>
/// <param name="StapleSpecificity">
/// The share of the other pixels that the rater did not mark (<see cref="Consensus.Imaging.Labels.StapleEstimate.Specificity"/>); NaN if
/// everybody marked everything.
/// </param>
/// <param name="StapleDice">Dice with the pixels whose STAPLE probability is above one half.</param>
public sealed record RaterInCase(
    string Name,
    long Area,
    double AreaDeviation,
    double Dice,
    double StapleSensitivity,
    double StapleSpecificity,
    double StapleDice)
{
    /// <summary>The marked area in mm²; NaN if the size of the image's pixels is not known.</summary>
    public double PhysicalArea { get; init; } = double.NaN;
}
