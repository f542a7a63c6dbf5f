using System.Globalization;
using Consensus.Imaging.Metrics;
using Consensus.ML.Cli.Output;
using Consensus.ML.Evaluation;
using Spectre.Console;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>Scores as tables that fit into 120 columns.</summary>
internal static class EvaluationTables
{
    // More columns for single thresholds would not fit.
    private const int ThresholdsShown = 5;

    // What is reported most, and one measure of each kind. More rows hide them.
    private static readonly HashSet<string> Usual = new(
    [
        nameof(CaseMetrics.SoftDice5), nameof(CaseMetrics.SoftDice9), nameof(CaseMetrics.MeanDiceAtThresholds), nameof(CaseMetrics.F1),
        nameof(CaseMetrics.StapleDice), nameof(CaseMetrics.ConsensusDice), nameof(CaseMetrics.RaterDice), nameof(CaseMetrics.BoundaryF),
        nameof(CaseMetrics.HausdorffDistance95), nameof(CaseMetrics.NormalizedSurfaceDice),
        nameof(CaseMetrics.ExpectedCalibrationError), nameof(CaseMetrics.AdaptiveCalibrationError),
        nameof(CaseMetrics.RaterCalibrationError), nameof(CaseMetrics.BrierScore), nameof(CaseMetrics.RiskCoverageArea),
        nameof(CaseMetrics.GeneralizedEnergyDistance), nameof(CaseMetrics.SampleDiversity), nameof(CaseMetrics.RaterDiversity),
        nameof(CaseMetrics.DrawnEnergyDistance), nameof(CaseMetrics.DrawnDiversity),
        nameof(CaseMetrics.MaximumDice), nameof(CaseMetrics.MatchedDice), nameof(CaseMetrics.NormalizedCrossCorrelation),
        nameof(CaseMetrics.ExpectedArea), nameof(CaseMetrics.MeanRaterArea), nameof(CaseMetrics.NormalAreaRankedProbability),
        nameof(CaseMetrics.UncertaintyErrorCorrelation), nameof(CaseMetrics.NativeSoftDice5), nameof(CaseMetrics.ResizingCeiling),
    ], StringComparer.Ordinal);

    /// <summary>A row with the scores of the soft map for each case, and a row of the means.</summary>
    public static Table Cases(SegmentationMetrics metrics)
    {
        int every = (metrics.Thresholds.Count + ThresholdsShown - 1) / ThresholdsShown;
        int[] shown = [.. Enumerable.Range(0, metrics.Thresholds.Count).Where(at => at % every == 0)];
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("case");
        IEnumerable<string> cuts = shown.Select(at => metrics.Thresholds[at].ToString("0.###", CultureInfo.InvariantCulture));
        foreach (string score in (string[])["soft Dice 5", "soft Dice 9", .. cuts, "F1", "IoU", "area", "border"])
        {
            table.AddColumn(new TableColumn(score).RightAligned());
        }

        foreach (CaseMetrics scored in metrics.Cases)
        {
            table.AddRow(Row(
                scored.Name, scored.SoftDice5, scored.SoftDice9, scored.DiceAtThresholds, scored.F1,
                scored.IntersectionOverUnion, scored.AreaRatio, scored.BoundaryF));
        }

        table.AddEmptyRow();
        table.AddRow(Row(
            "mean", metrics.SoftDice5, metrics.SoftDice9, metrics.DiceAtThresholds, metrics.F1, metrics.IntersectionOverUnion,
            metrics.AreaRatio, metrics.BoundaryF));
        return table;

        string[] Row(string name, double five, double nine, IReadOnlyList<double> at, params double[] rounded) =>
            [
                Markup.Escape(name), Formats.Score(five), Formats.Score(nine), .. shown.Select(i => Formats.Score(at[i])),
                .. rounded.Select(Formats.Score),
            ];
    }

    /// <summary>A row for each measure that at least one case has: its mean, the interval of the mean, and what it measures.</summary>
    /// <param name="metrics">The scores.</param>
    /// <param name="settings">How they were made.</param>
    /// <param name="all">Whether every measure has a row; otherwise those that are reported most.</param>
    /// <param name="heading">What the first column holds.</param>
    public static Table Means(SegmentationMetrics metrics, EvaluationSettings settings, bool all, string heading = "mean of")
    {
        EvaluationOptions options = settings.Options;
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(heading);
        foreach (string name in (string[])[
            "mean", $"{(options.Confidence * 100).ToString("0.#", CultureInfo.InvariantCulture)} % interval", "cases",
        ])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        table.AddColumn("which is");
        bool areOwnThresholds = !metrics.Thresholds.SequenceEqual(SoftDice.NineThresholds);
        MeasureSummary[] known =
        [
            .. metrics.Summaries.Where(summary =>
                summary.Cases > 0 && (areOwnThresholds || summary.Measure.Name != nameof(CaseMetrics.MeanDiceAtThresholds))),
        ];
        MeasureSummary[] shown = [.. known.Where(summary => all || Usual.Contains(summary.Measure.Name))];
        foreach (MeasureSummary summary in shown)
        {
            table.AddRow(
                Title(summary.Measure, metrics),
                Number(summary.Mean),
                double.IsNaN(summary.Interval.Lower) ? "–" : $"{Number(summary.Interval.Lower)} to {Number(summary.Interval.Upper)}",
                summary.LeftOut.Count == 0 ? Whole(summary.Cases) : $"{Whole(summary.Cases)} of {Whole(summary.AllCases)}",
                Markup.Escape(summary.Measure.Description));
        }

        string[] reasons =
        [
            .. shown.SelectMany(summary =>
                    summary.LeftOut.Select(reason => $"{summary.Measure.Title} leaves out {Plural(reason.Cases)}: {reason.Reason}")),
        ];
        string resampled = metrics.Groups == metrics.Cases.Count ? "" : $"; intervals resample {Formats.Groups(metrics.Groups)}";
        string[] notes =
        [
            $"+ high is good, - low is good, 0 is best near zero{resampled}",
            .. shown.Length == known.Length ? Array.Empty<string>() : [$"--all shows {Whole(known.Length - shown.Length)} more measures"],
            .. shown.Any(summary => summary.Measure.Name == nameof(CaseMetrics.GeneralizedEnergyDistance))
                ? EnergyNotes(settings)
                : [],
        ];
        table.Caption = new TableTitle(Markup.Escape(string.Join(Environment.NewLine, [.. notes, .. reasons])));
        return table;
    }

    /// <summary>A row for each rater: the scores against the rater's masks.</summary>
    public static Table Raters(SegmentationMetrics metrics)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("rater");
        foreach (string name in (string[])["cases", "Dice", "ECE"])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (RaterScoreSummary rater in metrics.Raters)
        {
            table.AddRow(
                Markup.Escape(rater.Name), Whole(rater.Cases), Formats.Score(rater.Dice), Formats.Score(rater.CalibrationError));
        }

        return table;
    }

    /// <summary>What GED means here: values of other conventions and of other kinds of samples cannot be compared.</summary>
    private static IEnumerable<string> EnergyNotes(EvaluationSettings settings)
    {
        EnergyDistanceOptions energy = settings.Options.EnergyDistance;
        string pairs = energy.Pairs == EnergyPairs.All ? "all pairs, a mask with itself too" : "pairs of different masks";
        yield return string.Create(CultureInfo.InvariantCulture, $"GED: {pairs}; two empty masks are {energy.EmptyDistance:0.##} apart");
        if (settings.Samples == EvaluationSettings.Levels)
        {
            yield return "the samples are nested levels of agreement, not masks that raters might draw: "
                + "do not compare this GED with theirs";
        }

        if (settings.DrawnMasks is { } drawn)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"GED drawn: {drawn.Count} masks that raters might draw, from each soft map (correlation {drawn.Correlation:0.00}, "
                + $"length {drawn.Length:0.0} px)");
        }
    }

    private static string Whole(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Plural(int cases) => cases == 1 ? "1 case" : $"{Whole(cases)} cases";

    private static string Title(SegmentationMeasure measure, SegmentationMetrics metrics)
    {
        string unit = measure.Name == nameof(CaseMetrics.HausdorffDistance95) ? $" ({Formats.Name(metrics.DistanceUnit)})" : "";
        string direction = measure.Direction switch
        {
            MeasureDirection.HigherIsBetter => " +",
            MeasureDirection.LowerIsBetter => " -",
            MeasureDirection.NearerToZeroIsBetter => " 0",
            _ => "",
        };
        return Markup.Escape($"{measure.Title}{unit}{direction}");
    }

    // Areas are hundreds of pixels, where four decimals say nothing.
    private static string Number(double value) =>
        Math.Abs(value) < 100 ? Formats.Score(value) : value.ToString("0.0", CultureInfo.InvariantCulture);
}
