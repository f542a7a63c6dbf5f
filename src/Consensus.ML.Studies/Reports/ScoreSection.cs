using System.Xml.Linq;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Plots;
using Consensus.ML.Studies.Results;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>The headline table: Tables 1 and 2 of the paper for this data.</summary>
internal static class ScoreSection
{
    /// <summary>What people reach: the rows of the tables of soft maps.</summary>
    private static readonly (string Name, string Score)[] _people =
    [
        ("one rater", nameof(CaseMetrics.OneAgainstAll)), ("a second panel", nameof(CaseMetrics.HalfAgainstHalf)),
        ("the majority's outline", nameof(CaseMetrics.MajorityAgainstAll)),
    ];

    public static IEnumerable<object> Content(ReportContext context)
    {
        bool hasSeeds = context.Results.Record.Seeds.Count > 1;
        yield return ScoreTable(context, ScoreGroup.Maps, "Scores on the held-out cases: mean over cases"
            + (hasSeeds ? ", each averaged over seeds first" : "")
            + $", with the 95 % bootstrap interval over cases. Arrows point to where better is; the best of each column is bold. "
            + $"Cases: {context.Results.Raters.Cases.Count}. The last rows are people on the same cases.",
            hasSeeds,
            People(context, overVolumes: false, _people));
        IEnumerable<string> means = context.Methods.Select(
            method => $"{method.Name} {Text.Score(method.Score(MethodResult.Headline).Mean)}");
        yield return context.Figure(
            ScorePlot.Draw(context.Methods, context.Styles),
            $"Mean soft Dice of each method with its interval: {string.Join("; ", means)}.",
            "Soft Dice (5 thresholds) of each method: the mean with its 95 % interval, and each case as a grey point.");
        string[] units =
        [
            .. context.Methods.SelectMany(method => method.Runs)
                .SelectMany(run => run.Cases)
                .Select(record => record.DistanceUnit)
                .Distinct(),
        ];
        string distances = units switch
        {
            ["mm"] => "HD95: Hausdorff distance at 95 % of the majority's outline, in millimetres by the images' own pixel size",
            ["px"] => "HD95: Hausdorff distance at 95 % of the majority's outline, in pixels of the "
                + Text.Invariant($"{context.Options.Size} × {context.Options.Size} map"),
            _ => "HD95 is left out, for it is in millimetres in some cases and in pixels in others",
        };
        yield return ScoreTable(
            context,
            [.. ScoreGroup.Outlines.Where(measure => units.Length == 1 || measure.Name != nameof(CaseMetrics.HausdorffDistance95))],
            $"Outlines, and how well the numbers in a map are calibrated. {distances}; surface Dice: within one pixel; "
                + "ECE, ACE and Brier: calibration of the predicted share; AURC: whether the surest pixels are right; uncertainty: rank "
                + "correlation with the error, of another quantity for diffusion than for one-pass methods, so that none is bold.",
            hasSeeds: false);
        yield return Trust(context);
        yield return ScoreTable(
            context,
            ScoreGroup.Native,
            "The same maps at the images' own size: each is brought back to its image, and compared there with the masks as the raters "
                + "drew them. The last row is what resizing to "
                + Text.Invariant($"{context.Options.Size} × {context.Options.Size} pixels and back leaves of the raters' own map."),
            hasSeeds: false,
            People(context, overVolumes: false, ("what resizing leaves", nameof(CaseMetrics.ResizingCeiling))));

        // Records of an earlier version have no volumes; a study that went on may have them of some methods only.
        int volumes = context.Methods.Max(method => method.Volumes.Count);
        if (volumes > 0)
        {
            yield return ScoreTable(
                context,
                ScoreGroup.Volumes,
                "The same maps over volumes: the pixels of all slices of a volume that were scored count together, as readers of scans "
                    + "expect. In the other tables, each slice counts the same. Areas (CRPS) are in voxels. "
                    + Text.Invariant($"Volumes: {volumes}. The last rows are people on the same volumes."),
                hasSeeds: false,
                People(context, overVolumes: true, _people),
                overVolumes: true);
        }

        yield return ScoreTable(context, ScoreGroup.Challenges,
            "What the newest challenges ask: the rounded map against STAPLE, where all raters agree (with the confidence there), and "
            + "against single raters; and the CRPS of the expected area against the raters' areas, as they are and as a normal "
            + "distribution, in pixels.",
            hasSeeds: false);
        yield return ScoreTable(context, ScoreGroup.Samples,
            "The maps that a prediction is made of, beside the raters' masks as a set: how well they stand for the raters one by one, "
            + "not for their mean. Of consensus, consensus-by-level, consensus-raters, dmise-like and level-unet these maps are levels of "
            + "agreement, not drawings of raters, and of one-map methods there is only one: judge them by the tables above, or by GED "
            + "drawn. "
            + "That is of masks which raters might draw from the soft map, as those of the training cases differ together: it is made "
            + "the same way for all methods. GED counts all pairs within a set, those of a mask with itself too, and two empty masks are "
            + "equal. "
            + "Sample diversity should be near rater diversity.", hasSeeds: false);
    }

    /// <summary>Whether maps find their own errors; nothing where the records do not say what maps expect of themselves.</summary>
    private static XElement[] Trust(ReportContext context)
    {
        (MethodResult Method, CaseRiskCoverage Curve)[] known =
        [
            .. context.Methods.Select(method => (Method: method, Curve: method.CaseRiskCoverage))
                .Where(method => !double.IsNaN(method.Curve.Area)),
        ];
        if (known.Length == 0)
        {
            return [];
        }

        double best = known.Length == 1 ? double.NaN : known.Min(method => method.Curve.Area),
            least = known.Length == 1 ? double.NaN : known.Min(method => method.Curve.Excess);
        return [E("div", A("class", "wide"),
            E("table", A("class", "short"), E("caption", context.TableCaption(
                "Whether maps find their own errors: the cases in the order of the Dice that each map expects of its own outline, which "
                + "needs no rater. AURC: area under the curve of 1 − soft Dice over the cases taken so far; E-AURC: what a better "
                + "order would save; any order: the mean of 1 − soft Dice.")),
                E("thead", E("tr", E("th", "method"), N("AURC over cases\u00A0↓"), N("E-AURC\u00A0↓"), N("any order"))),
                E("tbody", known.Select(method => E("tr",
                    E("th", A("scope", "row"), context.Name(method.Method)),
                    Cell(method.Curve.Area, best), Cell(method.Curve.Excess, least), Cell(method.Curve.ByChance, double.NaN))))))];

        static XElement Cell(double value, double best) => E("td", A("class", value == best ? "n best" : "n"), Text.Number(value, "0.000"));
    }

    /// <summary>
    /// Scores of the headline that are not of a method, such as what people reach. The cases are the same for every method. Scores of
    /// earlier versions do not have them.
    /// </summary>
    private static (string Name, ScoreSummary Score)[] People(
        ReportContext context,
        bool overVolumes,
        params ReadOnlySpan<(string Name, string Score)> rows)
    {
        var known = new List<(string, ScoreSummary)>();
        foreach ((string name, string score) in rows)
        {
            ScoreSummary summary = context.Results.Reference.Score(score, overVolumes);
            if (summary.Cases > 0)
            {
                known.Add((name, summary));
            }
        }

        return [.. known];
    }

    private static XElement[] ScoreTable(
        ReportContext context,
        IReadOnlyList<SegmentationMeasure> scores,
        string caption,
        bool hasSeeds,
        IReadOnlyList<(string Name, ScoreSummary Score)>? people = null,
        bool overVolumes = false)
    {
        SegmentationMeasure[] shown =
            [.. scores.Where(score => context.Methods.Any(method => method.Score(score.Name, overVolumes).Cases > 0))];
        if (shown.Length == 0)
        {
            return [];
        }

        Dictionary<string, double> best = shown.ToDictionary(
            score => score.Name,
            score => ScoreGroup.Best(score, context.Methods.Select(method => method.Score(score.Name, overVolumes).Mean)));
        return [E("div", A("class", "wide"),
            E("table", A("class", shown.Length > 6 ? "short dense" : "short"), E("caption", context.TableCaption(caption)),
                E("thead", E("tr", E("th", "method"),
                    shown.Select(score => N(A("title", score.Description), score.Title + ScoreGroup.Arrow(score))),
                    hasSeeds ? N("± over seeds") : null)),
                E("tbody", context.Methods.Select(method => E("tr", method == context.Results.Reference ? A("class", "reference") : null,
                    E("th", A("scope", "row"), context.Name(method)),
                    shown.Select(score => Cell(
                        method.Score(score.Name, overVolumes),
                        best[score.Name],
                        score.Name switch
                        {
                            nameof(CaseMetrics.HausdorffDistance95) => "0.00",
                            nameof(CaseMetrics.AreaRankedProbability) or nameof(CaseMetrics.NormalAreaRankedProbability) => "0.0",
                            _ => "0.000",
                        })),
                    hasSeeds ? D(Text.Score(method.DeviationOverSeeds(MethodResult.Headline))) : null)),
                    people?.Select(row => E("tr", A("class", "people"),
                        E("th", A("scope", "row"), row.Name),
                        Cell(row.Score, double.NaN, "0.000"),
                        shown.Skip(1).Select(_ => D("–")),
                        hasSeeds ? D("–") : null)))))];
    }

    private static XElement Cell(ScoreSummary score, double best, string format) => E("td",
        A("class", score.Mean == best ? "n best" : "n"), Text.Number(score.Mean, format),
        double.IsNaN(score.Interval.Lower)
            ? null
            : new object[]
            {
                E("br"),
                E("small", $"{Text.Number(score.Interval.Lower, format)} to {Text.Number(score.Interval.Upper, format)}"),
            });
}
