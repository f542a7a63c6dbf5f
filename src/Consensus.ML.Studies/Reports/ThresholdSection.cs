using Consensus.Imaging.Metrics;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Plots;
using Consensus.ML.Studies.Results;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>Dice at each threshold.</summary>
internal static class ThresholdSection
{
    public static IEnumerable<object> Content(ReportContext context)
    {
        yield return P(
            "A soft map cut at a low threshold is what a few raters marked (towards their union); "
            + "at a high one, what nearly all of them did (towards their intersection).");
        yield return context.Figure(
            ThresholdPlot.Draw(context.Methods, context.Styles),
            "Dice of each method at thresholds from 0.1 to 0.9; the table below has the numbers.",
            "Dice of the soft maps cut at each threshold, mean over cases.");
        float[] thresholds = [.. SoftDice.NineThresholds];
        yield return E("div", A("class", "wide"),
            E("table", A("class", "short"), E("caption", context.TableCaption("Dice at each threshold, mean over cases.")),
                E("thead", E("tr", E("th", "method"),
                    thresholds.Select(threshold => N(MethodResult.ScoreNameAt(threshold)["DiceAt".Length..])))),
                E("tbody",
                    context.Methods.Select(method => E("tr", E("th", A("scope", "row"), context.Name(method)),
                        thresholds.Select(threshold => D(Text.Score(MeanAt(method, threshold)))))))));

        static double MeanAt(MethodResult method, float threshold) => method.Score(MethodResult.ScoreNameAt(threshold)).Mean;
    }
}
