using Consensus.Imaging.Metrics;

namespace Consensus.ML.Studies.Statistics;

/// <summary>
/// A mean over cases with its 95 % bootstrap interval, which resamples the groups that cases are of (<see cref="Bootstrap"/>).
/// </summary>
/// <param name="Mean">The mean; NaN of nothing.</param>
/// <param name="Low">Lower end of the interval; NaN for fewer than two groups.</param>
/// <param name="High">Upper end; NaN for fewer than two groups.</param>
internal readonly record struct Interval(double Mean, double Low, double High)
{
    /// <summary>How often groups are drawn anew: enough for three digits.</summary>
    public const int Resamples = 10_000;

    /// <summary>The mean of the values that are numbers, and its interval, where each is a group of its own.</summary>
    public static Interval OfMean(IReadOnlyList<double> values) =>
        OfMean(values, [.. Enumerable.Range(0, values.Count).Select(i => Text.Invariant($"{i}"))]);

    /// <summary>The mean of the values that are numbers, and its interval.</summary>
    /// <param name="values">One value a case.</param>
    /// <param name="groups">The group of each.</param>
    public static Interval OfMean(IReadOnlyList<double> values, IReadOnlyList<string> groups)
    {
        double[] known = [.. values.Where(value => !double.IsNaN(value))];
        if (known.Length < 2)
        {
            return new(known.Length == 0 ? double.NaN : known[0], double.NaN, double.NaN);
        }

        ConfidenceInterval interval = Bootstrap.OfMean(values, groups, resamples: Resamples);
        return new(known.Average(), interval.Lower, interval.Upper);
    }
}
