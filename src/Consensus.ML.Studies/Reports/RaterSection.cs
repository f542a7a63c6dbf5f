using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Formatting;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>Table 3 of the paper for the scored cases.</summary>
internal static class RaterSection
{
    public static IEnumerable<object> Content(ReportContext context)
    {
        RaterReport raters = context.Results.Raters;
        yield return P(
            $"Over the {Text.Count(raters.Cases.Count, "held-out case")}, at the cases' own size, two raters agree to a mean Dice of "
            + $"{Text.Score(raters.MeanPairwiseDice)} (the paper's Table 3, there over the training cases), with a Fleiss' kappa of "
            + $"{Text.Score(raters.MeanFleissKappa)}. "
            + $"A rater marks {Text.Number(100 * raters.MeanMarkedShare, "0.0")} % of a slice on average. "
            + "A map that is enlarged again cannot reach every soft Dice at the cases' own size: resizing leaves "
            + string.Join(", ", ResizingCeiling.UpToLossless(raters.Ceilings).Select(
                (ceiling, i) => $"{Text.Score(ceiling.SoftDice)} at {ceiling.Size}{(i == 0 ? " pixels" : "")}")) + ".");
        yield return E("div", A("class", "wide"), E("table", A("class", raters.Raters.Count > 12 ? "" : "short"),
            E("caption",
                context.TableCaption(
                    "The raters. Bias: area beside the mean of all raters of the same case. STAPLE estimates a hidden truth and each "
                    + "rater's sensitivity and specificity against it.")),
            E("thead",
                E("tr", E("th", "rater"), N("cases"), N("empty masks"), N("mean area, pixels"), N("bias, %"), N("Dice with others"),
                    N("STAPLE sensitivity"), N("STAPLE specificity"))),
            E("tbody",
                raters.Raters.Select(rater => E("tr", E("th", A("scope", "row"), rater.Name), D($"{rater.Cases}"), D($"{rater.EmptyMasks}"),
                    D(Text.Number(rater.MeanArea, "#,0")), D(Text.Number(100 * rater.Bias, "+0.0;−0.0;0.0")),
                    D(Text.Score(rater.MeanDice)), D(Text.Score(rater.StapleSensitivity)), D(Text.Score(rater.StapleSpecificity)))))));
    }
}
