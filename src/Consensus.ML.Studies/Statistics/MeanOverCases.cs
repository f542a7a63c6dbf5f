using Consensus.Imaging.Metrics;
using Consensus.ML.Studies.Formatting;

namespace Consensus.ML.Studies.Statistics;

/// <summary>A mean over cases with its 95 % bootstrap interval, which resamples the groups of cases (<see cref="Bootstrap"/>).</summary>
/// <param name="Mean">The mean; NaN without values.</param>
/// <param name="Interval">The interval; <see cref="ConfidenceInterval.None"/> for fewer than two groups.</param>
internal readonly record struct MeanOverCases(double Mean, ConfidenceInterval Interval)
{
    /// <summary>The number of resamples: enough for three digits.</summary>
    public const int Resamples = 10_000;

    /// <summary>The mean of values where each case is a group of its own. NaN is left out.</summary>
    /// <param name="values">The value of each case.</param>
    public static MeanOverCases Compute(IReadOnlyList<double> values) =>
        Compute(values, [.. Enumerable.Range(0, values.Count).Select(i => Text.Invariant($"{i}"))]);

    /// <summary>The mean of values. NaN is left out.</summary>
    /// <param name="values">The value of each case.</param>
    /// <param name="groups">The group of each case.</param>
    public static MeanOverCases Compute(IReadOnlyList<double> values, IReadOnlyList<string> groups)
    {
        double[] known = [.. values.Where(value => !double.IsNaN(value))];
        return known.Length < 2
            ? new(known.Length == 0 ? double.NaN : known[0], ConfidenceInterval.None)
            : new(known.Average(), Bootstrap.OfMean(values, groups, resamples: Resamples));
    }
}
