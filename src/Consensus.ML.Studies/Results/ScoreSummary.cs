using Consensus.Imaging.Metrics;
using Consensus.ML.Studies.Statistics;

namespace Consensus.ML.Studies.Results;

/// <summary>A score of one method over a study.</summary>
/// <param name="Mean">Mean over cases of each case's mean over seeds; NaN where no case has a value.</param>
/// <param name="Interval">The 95 % bootstrap interval of the mean, over the groups of cases; NaN for fewer than two groups.</param>
/// <param name="Cases">How many cases have a value.</param>
public sealed record ScoreSummary(double Mean, ConfidenceInterval Interval, int Cases)
{
    /// <summary>The summary of the values of cases, or of volumes. NaN is no value.</summary>
    /// <param name="values">The value of each.</param>
    /// <param name="groups">The group of each.</param>
    internal static ScoreSummary Of(double[] values, IReadOnlyList<string> groups)
    {
        var mean = MeanOverCases.Compute(values, groups);
        return new(mean.Mean, mean.Interval, values.Count(value => !double.IsNaN(value)));
    }
}
