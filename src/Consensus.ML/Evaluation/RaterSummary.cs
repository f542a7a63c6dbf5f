using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>
/// The results of one rater over all cases that he or she drew. A mean leaves out the cases where its value is NaN, and is NaN where no
/// case is left.
/// </summary>
/// <param name="Name">The rater's name.</param>
/// <param name="Cases">Number of cases that the rater drew.</param>
/// <param name="EmptyMasks">Number of these cases in which the rater marked nothing.</param>
/// <param name="MeanArea">Mean number of marked pixels, empty masks included.</param>
/// <param name="Bias">
/// Mean relative deviation from the mean area of the case's raters (<see cref="RaterInCase.AreaDeviation"/>): at 0.1, the rater marks 10 %
/// more than the raters on average.
/// </param>
/// <param name="MeanDice">Mean over cases of the mean Dice with the other raters.</param>
/// <param name="StapleSensitivity">Mean sensitivity that STAPLE estimates.</param>
/// <param name="StapleSpecificity">Mean specificity that STAPLE estimates.</param>
/// <param name="StapleDice">Mean Dice with the STAPLE estimate, cut above one half.</param>
public sealed record RaterSummary(
    string Name,
    int Cases,
    int EmptyMasks,
    double MeanArea,
    double Bias,
    double MeanDice,
    double StapleSensitivity,
    double StapleSpecificity,
    double StapleDice)
{
    /// <summary>Mean of the marked area in mm² over the cases whose image says how large a pixel is; NaN where no image does.</summary>
    public double MeanPhysicalArea { get; init; } = double.NaN;
}
