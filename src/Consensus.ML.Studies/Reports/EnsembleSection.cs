using System.Xml.Linq;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>What the networks of all seeds reach together.</summary>
internal static class EnsembleSection
{
    public static IEnumerable<object> Content(ReportContext context)
    {
        IReadOnlyList<EnsembleResult> ensembles = context.Results.Ensembles;
        if (ensembles.Count == 0)
        {
            yield break;
        }

        int networks = ensembles[0].Seeds.Count;
        yield return P(
            $"Each method was trained with {networks} seeds. Here its {networks} networks are scored together, by the maps that the study "
            + "keeps of them, in steps of 1/254. "
            + Averaged([.. ensembles.Select(ensemble => context.Methods.First(one => one.Name == ensemble.Method).Method)])
            + "An ensemble takes as many times as long as one network. The command 'consensus ensemble' makes one model of them.");
        yield return E("div", A("class", "wide"), E("table", A("class", "short"),
            E("caption", context.TableCaption(
                $"Soft Dice (5 thresholds) of one network, and of all {networks} together, with the difference case by case (paired "
                + "sign-flip test, Holm's correction for the methods). Brier score: lower is better.")),
            E("thead", E("tr",
                E("th", "method"), N("one network"), N("together"), N("difference"), N("95 % interval"), N("better in"), N("worse in"),
                N("p, Holm"), N("Brier of one"), N("Brier together"))),
            E("tbody", ensembles.Select(Row))));

        XElement Row(EnsembleResult ensemble)
        {
            MethodResult method = context.Methods.First(one => one.Name == ensemble.Method);
            MethodComparison comparison = ensemble.Comparison;
            return E("tr",
                E("th", A("scope", "row"), context.Name(method)),
                D(Text.Score(method.Score(MethodResult.Headline).Mean)), D(Text.Score(ensemble.Score(MethodResult.Headline).Mean)),
                D(Text.Signed(comparison.Difference)),
                D(double.IsNaN(comparison.Interval.Lower)
                    ? Text.Nothing
                    : $"{Text.Signed(comparison.Interval.Lower)} to {Text.Signed(comparison.Interval.Upper)}"),
                D($"{comparison.Better}"), D($"{comparison.Worse}"),
                E("td", A("class", comparison.AdjustedPValue < 0.05 ? "n best" : "n"), Text.Probability(comparison.AdjustedPValue)),
                D(Text.Score(method.Score(nameof(CaseMetrics.BrierScore)).Mean)),
                D(Text.Score(ensemble.Score(nameof(CaseMetrics.BrierScore)).Mean)));
        }
    }

    /// <summary>How the maps of the networks are put together.</summary>
    private static string Averaged(StudyMethod[] methods)
    {
        string[] rounded = Names(method => method.RoundsLevels), plain = Names(method => !method.RoundsLevels),
            sorted = Names(method => method.SortsMasks);
        string levels = rounded.Length == 0 ? ""
            : "Each level is averaged over the networks and rounded at one half, and the soft map is the mean of the rounded levels, as in "
                + "an ensemble. ",
            masks = sorted.Length == 0 ? ""
            : $"The maps of {Text.List(sorted)} are masks of raters, kept sorted at each pixel: they are averaged in that order, "
                + "where an ensemble averages rater by rater, and may differ a little. ",
            soft = plain.Length == 0 ? ""
            : rounded.Length == 0 ? "Their soft maps are averaged, as in an ensemble. "
            : $"Of {Text.List(plain)}, which do not round, the soft maps are averaged. ";
        return levels + masks + soft;

        string[] Names(Func<StudyMethod, bool> isSo) => [.. methods.Where(isSo).Select(method => method.Name)];
    }
}
