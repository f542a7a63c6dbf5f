using System.Xml.Linq;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Formatting;
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
            $"Each method was trained with {networks} seeds. Here the soft maps of its {networks} networks are averaged before they are "
            + "scored: what an ensemble of them predicts. That takes as many times as long. The command 'consensus ensemble' makes one "
            + "model of the networks.");
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
}
