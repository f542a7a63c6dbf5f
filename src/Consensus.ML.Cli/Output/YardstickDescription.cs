using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Cli.Output;

/// <summary>The human yardsticks of a set in JSON: the means, as those of a case, and the intervals beside them.</summary>
internal sealed class YardstickDescription(HumanYardsticks yardsticks)
{
    public double OneAgainstAll { get; } = yardsticks.OneAgainstAll.Mean;

    public double OneAgainstOthers { get; } = yardsticks.OneAgainstOthers.Mean;

    public double HalfAgainstHalf { get; } = yardsticks.HalfAgainstHalf.Mean;

    public double MajorityAgainstAll { get; } = yardsticks.MajorityAgainstAll.Mean;

    public IntervalsDescription Intervals { get; } = new(
        yardsticks.OneAgainstAll.Interval, yardsticks.OneAgainstOthers.Interval, yardsticks.HalfAgainstHalf.Interval,
        yardsticks.MajorityAgainstAll.Interval);

    internal sealed record IntervalsDescription(
        ConfidenceInterval OneAgainstAll, ConfidenceInterval OneAgainstOthers, ConfidenceInterval HalfAgainstHalf,
        ConfidenceInterval MajorityAgainstAll);
}
