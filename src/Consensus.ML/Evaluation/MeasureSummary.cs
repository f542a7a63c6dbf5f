using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>A measure over a data set.</summary>
/// <param name="Measure">The measure.</param>
/// <param name="Mean">Mean over the cases that have a value; NaN where none has.</param>
/// <param name="Interval">Bootstrap confidence interval of the mean (<see cref="Bootstrap"/>).</param>
/// <param name="Cases">How many cases have a value, that is are not NaN.</param>
public sealed record MeasureSummary(SegmentationMeasure Measure, double Mean, ConfidenceInterval Interval, int Cases)
{
    /// <summary>Why other cases were left out of the mean; empty where none was.</summary>
    public IReadOnlyList<LeftOutCases> LeftOut { get; init; } = [];

    /// <summary>How many cases were scored, those left out of the mean among them.</summary>
    public int AllCases => Cases + LeftOut.Sum(reason => reason.Cases);

    /// <summary>
    /// How many groups these cases are of (<see cref="CaseMetrics.Group"/>), which the interval resamples; as many as cases
    /// where each is its own.
    /// </summary>
    public int Groups { get; init; } = Cases;
}
