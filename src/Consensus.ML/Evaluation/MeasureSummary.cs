using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>A measure over a data set.</summary>
/// <param name="Measure">The measure.</param>
/// <param name="Mean">Mean over the cases that have a value; NaN where no case has a value.</param>
/// <param name="Interval">Bootstrap confidence interval of the mean (<see cref="Bootstrap"/>).</param>
/// <param name="Cases">The number of cases whose value is not NaN.</param>
public sealed record MeasureSummary(SegmentationMeasure Measure, double Mean, ConfidenceInterval Interval, int Cases)
{
    /// <summary>The reasons why other cases were left out of the mean; empty where no case was left out.</summary>
    public IReadOnlyList<LeftOutCases> LeftOut { get; init; } = [];

    /// <summary>The number of scored cases, including those left out of the mean.</summary>
    public int AllCases => Cases + LeftOut.Sum(reason => reason.Cases);

    /// <summary>
    /// The number of groups of these cases (<see cref="CaseMetrics.Group"/>), which the interval resamples. Equals the number of cases if
    /// each case is a group by itself.
    /// </summary>
    public int Groups { get; init; } = Cases;
}
