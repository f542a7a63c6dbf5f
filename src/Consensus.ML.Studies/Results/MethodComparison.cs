using Consensus.Imaging.Metrics;
using Consensus.ML.Studies.Statistics;

namespace Consensus.ML.Studies.Results;

/// <summary>
/// The soft Dice (5 thresholds) of a method, compared on the same cases with that of the reference, or that of its networks together with
/// that of one of them.
/// </summary>
/// <param name="Method">The method's name.</param>
/// <param name="Difference">Mean over cases of the method's score minus the reference's score. Each score is a mean over seeds.</param>
/// <param name="Interval">The 95 % bootstrap interval of the difference, over the groups of cases; NaN for fewer than two groups.</param>
/// <param name="PValue">Two-sided p-value of the paired sign-flip test over groups of cases.</param>
/// <param name="AdjustedPValue">
/// The same after Holm's correction for all comparisons of the study. It does not cover the choice of a reference by its scores
/// (<see cref="StudyResults.Reference"/>).
/// </param>
/// <param name="Better">The number of cases in which the method is better.</param>
/// <param name="Worse">The number of cases in which the method is worse.</param>
public sealed record MethodComparison(
    string Method,
    double Difference,
    ConfidenceInterval Interval,
    double PValue,
    double AdjustedPValue,
    int Better,
    int Worse)
{
    /// <summary>Compares several methods. Holm's correction is for all of them.</summary>
    /// <param name="methods">Their names.</param>
    /// <param name="differences">For each method, the difference in each case.</param>
    /// <param name="groups">For each method, the group of each case.</param>
    internal static MethodComparison[] Of(
        IReadOnlyList<string> methods,
        IReadOnlyList<double[]> differences,
        IReadOnlyList<IReadOnlyList<string>> groups)
    {
        double[] values = [.. differences.Select((values, i) => SignFlipTest.PValue(values, groups[i]))],
            adjusted = HolmCorrection.Adjust(values);
        return
        [
            .. methods.Select((method, i) =>
            {
                var mean = MeanOverCases.Compute(differences[i], groups[i]);
                return new MethodComparison(
                    method, mean.Mean, mean.Interval, values[i], adjusted[i],
                    differences[i].Count(difference => difference > 0), differences[i].Count(difference => difference < 0));
            }),
        ];
    }
}
