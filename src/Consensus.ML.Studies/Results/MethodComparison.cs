using Consensus.Imaging.Metrics;

namespace Consensus.ML.Studies.Results;

/// <summary>The soft Dice (5 thresholds) of a method, compared with that of the reference on the same cases.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Difference">Mean over cases of the method's score minus the reference's score. Each score is a mean over seeds.</param>
/// <param name="Interval">The 95 % bootstrap interval of the difference, over the groups of cases; NaN for fewer than two groups.</param>
/// <param name="PValue">Two-sided p-value of the paired sign-flip test over groups of cases.</param>
/// <param name="AdjustedPValue">The same after Holm's correction for all comparisons of the study.</param>
/// <param name="Better">The number of cases in which the method is better.</param>
/// <param name="Worse">The number of cases in which the method is worse.</param>
public sealed record MethodComparison(
    string Method,
    double Difference,
    ConfidenceInterval Interval,
    double PValue,
    double AdjustedPValue,
    int Better,
    int Worse);
