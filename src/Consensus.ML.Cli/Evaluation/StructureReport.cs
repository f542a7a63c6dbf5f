using Consensus.ML.Evaluation;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>
/// The output of <c>consensus evaluate --json</c> for a model of several structures or named raters;
/// data-schemas/structures-report.schema.json describes it.
/// </summary>
internal sealed class StructureReport(IReadOnlyList<StructureMetrics> scores, IReadOnlyList<EvaluationSettings> settings)
{
    public int FormatVersion { get; } = 1;

    public IReadOnlyList<StructureDescription> Structures { get; } =
    [
        .. scores.Zip(settings, (one, its) => new StructureDescription(
            one.Structure.Name, new EvaluationReport(one.Metrics, its), one.Raters is null ? null : new(one.Raters))),
    ];

    /// <summary>The scores of a structure.</summary>
    /// <param name="Name">Its name; empty for a structure without a name.</param>
    /// <param name="Report">The scores of its soft map.</param>
    /// <param name="RaterMaps">The scores of its named raters; null for none.</param>
    internal sealed record StructureDescription(string Name, EvaluationReport Report, RaterDescription? RaterMaps);

    /// <summary>The scores of the masks of named raters.</summary>
    internal sealed class RaterDescription(RaterMapScores scores)
    {
        public double Dice { get; } = scores.Dice;

        public double DiceWithOthers { get; } = scores.DiceWithOthers;

        public IReadOnlyList<RaterSummary> Raters { get; } =
        [
            .. scores.Raters.Select(rater => new RaterSummary(
                rater.Rater, rater.Cases, rater.Dice, rater.Interval.Lower, rater.Interval.Upper, rater.DiceWithOthers)),
        ];

        public IReadOnlyList<RaterOfCase> Cases { get; } =
            [.. scores.Cases.Select(one => new RaterOfCase(one.Case, one.Rater, one.Dice, one.DiceWithOthers))];

        /// <summary>The same over volumes; null where no two cases are slices of one volume.</summary>
        public RaterDescription? Volumes { get; } = scores.Volumes is null ? null : new(scores.Volumes);
    }

    internal sealed record RaterSummary(string Rater, int Cases, double Dice, double Lower, double Upper, double DiceWithOthers);

    internal sealed record RaterOfCase(string Case, string Rater, double Dice, double DiceWithOthers);
}
