using System.Xml.Linq;
using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Statistics;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>The main findings, for readers who read nothing else.</summary>
internal static class SummarySection
{
    private const double Level = 0.05;

    public static IEnumerable<object> Content(ReportContext context)
    {
        yield return E("section", A("class", "summary"), E("h2", "In short"),
            E("ul", Findings(context).Select(finding => E("li", finding))));
        yield return Resolution(context.Options);
    }

    public static IEnumerable<string> Findings(ReportContext context)
    {
        StudyResults results = context.Results;
        MethodResult best = results.Best, reference = results.Reference;
        ScoreSummary top = best.Score(MethodResult.Headline);
        int cases = best.Cases.Count;
        yield return $"Highest mean soft Dice (5 thresholds): {Text.Score(top.Mean)} by {best.Name}{Ends(top.Interval)}, "
            + $"over {Text.Count(cases, "held-out case")}{(results.Unit == "case" ? "" : $" of {Text.Count(results.Groups, "group")}")}.";
        if (best.Score(nameof(CaseMetrics.NativeSoftDice5)) is { Cases: > 0 } native)
        {
            yield return $"At the images' own size {best.Name} reaches {Text.Score(native.Mean)}; resizing alone leaves "
                + $"{Text.Score(best.Score(nameof(CaseMetrics.ResizingCeiling)).Mean)} of the raters' own map.";
        }

        if (results.Methods.Where(method => method.Volumes.Count > 0)
            .MaxBy(method => method.VolumeScore(MethodResult.Headline).Mean) is { } together)
        {
            yield return $"Over {Text.Count(together.Volumes.Count, "volume")}, where the slices of each count together, "
                + $"{together.Name} is best: {Text.Score(together.VolumeScore(MethodResult.Headline).Mean)}.";
        }

        if (results.Ensembles.MaxBy(ensemble => ensemble.Comparison.Difference) is { Comparison.Difference: > 0 } ensemble)
        {
            yield return $"The networks of all {ensemble.Seeds.Count} seeds together gain most for {ensemble.Method}: "
                + $"{Text.Score(ensemble.Score(MethodResult.Headline).Mean)}, {Text.Signed(ensemble.Comparison.Difference)} against one "
                + "network.";
        }

        if (results.Methods.Count > 1)
        {
            if (best != reference)
            {
                MethodComparison comparison = results.Comparisons.First(other => other.Method == best.Name);
                yield return $"{best.Name} is {Text.Score(comparison.Difference)} above {reference.Name} "
                    + $"({Text.Score(reference.Score(MethodResult.Headline).Mean)}); "
                    + (comparison.AdjustedPValue < Level
                        ? $"the difference is significant (p = {Text.Probability(comparison.AdjustedPValue)})."
                        : $"the difference is not significant (p = {Text.Probability(comparison.AdjustedPValue)}): "
                            + "with these cases it may be chance.");
            }

            string[] worse =
            [
                .. results.Comparisons.Where(other => other.AdjustedPValue < Level && other.Difference < 0).Select(other => other.Method),
            ];
            string[] better =
            [
                .. results.Comparisons.Where(other => other.AdjustedPValue < Level && other.Difference > 0).Select(other => other.Method),
            ];
            yield return better.Length + worse.Length == 0
                ? $"No method differs significantly from {reference.Name} at the 5 % level{TooFew(results)}."
                : $"Significantly different from {reference.Name} (p below 0.05 after correction"
                    + $"{(results.IsReferenceChosen ? ", which does not cover that the scores chose the reference" : "")}): "
                    + $"{string.Join("; ", new[] { Said("better", better), Said("worse", worse) }.Where(part => part.Length > 0))}.";

            MethodResult fastest = results.Methods.MinBy(method => method.Cost.PredictionMs)!;
            MethodResult quick = Quick(results.Methods);
            string scores(MethodResult method) => Text.Score(method.Score(MethodResult.Headline).Mean);
            yield return fastest == best
                ? $"{best.Name} is also the fastest: {Text.Measured(best.Cost.PredictionMs)} ms a map."
                : $"Fastest: {fastest.Name} with {Text.Measured(fastest.Cost.PredictionMs)} ms a map (soft Dice {scores(fastest)}); "
                    + $"{best.Name} takes {Text.Measured(best.Cost.PredictionMs)} ms"
                    + (quick != fastest && quick != best
                        ? $", and {quick.Name} reaches {scores(quick)} in {Text.Measured(quick.Cost.PredictionMs)} ms."
                        : ".");
        }

        HumanYardsticks people = PeopleScores.FromResults(results);
        yield return people.Place(top.Mean) is { } place
            ? $"On the same cases one rater reaches {Text.Score(people.OneAgainstAll.Mean)}, a second panel of raters "
                + $"{Text.Score(people.HalfAgainstHalf.Mean)} and the majority's outline {Text.Score(people.MajorityAgainstAll.Mean)}: "
                + $"{best.Name} is {place}."
            : "The raters themselves agree with each other to a mean pairwise Dice of "
                + $"{Text.Score(results.Raters.MeanPairwiseDice)}. That is another measure than soft Dice: "
                + "the two cannot be set against each other.";

        static string Said(string what, string[] methods) => methods.Length == 0 ? "" : $"{what}, {Text.List(methods)}";
    }

    /// <summary>The fastest method whose score is within 0.01 of the best score.</summary>
    private static MethodResult Quick(IReadOnlyList<MethodResult> methods)
    {
        double top = methods.Max(method => method.Score(MethodResult.Headline).Mean);
        return methods.Where(method => method.Score(MethodResult.Headline).Mean >= top - 0.01).MinBy(method => method.Cost.PredictionMs)!;
    }

    /// <summary>A remark that there are too few cases for any finding; empty where there are enough.</summary>
    private static string TooFew(StudyResults results) =>
        SignFlipTest.Smallest(results.Groups) * results.Comparisons.Count > Level
            ? $": {Text.Count(results.Groups, results.Unit)} cannot show any difference at that level in "
                + $"{Text.Count(results.Comparisons.Count, "comparison")}, however large"
            : "";

    private static string Ends(ConfidenceInterval interval) =>
        double.IsNaN(interval.Lower) ? "" : $" (95 % interval {Text.Score(interval.Lower)} to {Text.Score(interval.Upper)})";

    private static XElement Resolution(StudyOptions options) => E("div", A("class", "note"), E("p", E("strong", "Resolution. "),
        options.Size == 256
            ? "All scores are at 256 × 256 pixels, the size of the paper (Amit et al., MICCAI 2023), where nothing else is said. "
                + "They are comparable with its tables only where the cases, the split and the budget are the paper's too."
            : Text.Invariant($"All scores are at {options.Size} × {options.Size} pixels, where nothing else is said: ")
                + "images and masks were resized to that before training and scoring. "
                + "They are not comparable with the paper's (Amit et al., MICCAI 2023), which are at 256 × 256 pixels, "
                + "nor with scores at any other size."));
}
