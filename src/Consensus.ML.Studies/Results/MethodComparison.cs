using Consensus.Imaging.Metrics;

namespace Consensus.ML.Studies.Results;

/// <summary>How a method's soft Dice (5 thresholds) compares with the reference's on the same cases.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Difference">Mean over cases of the method's score less the reference's, each averaged over seeds first.</param>
/// <param name="Interval">The 95 % bootstrap interval of the difference, over the groups of cases; NaN for fewer than two groups.</param>
/// <param name="PValue">Two-sided p-value of the paired sign-flip test over groups of cases, which are cases where each is its own.</param>
/// <param name="AdjustedPValue">The same after Holm's correction for all comparisons of the study.</param>
/// <param name="Better">In how many cases the method is better.</param>
/// <param name="Worse">In how many it is worse.</param>
public sealed record MethodComparison(
    string Method,
    double Difference,
    ConfidenceInterval Interval,
    double PValue,
    double AdjustedPValue,
    int Better,
    int Worse);
