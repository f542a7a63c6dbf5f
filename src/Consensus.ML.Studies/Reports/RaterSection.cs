using Consensus.Imaging.Metrics;
using System.Xml.Linq;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Results;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>Table 3 of the paper for the scored cases, and the methods' maps beside each rater.</summary>
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
        yield return OfMethods(context);
        yield return Drawn(context);
    }

    /// <summary>Whether a method that draws the masks of named raters knows them apart; nothing where no method does.</summary>
    private static XElement[] Drawn(ReportContext context)
    {
        (MethodResult Method, RaterMapScores Scores)[] known =
        [
            .. context.Methods.Where(method => method.RaterMaps is not null).Select(method => (method, method.RaterMaps!)),
        ];
        return [.. known.Select(one => E("div", A("class", "wide"), E("table", A("class", "short"),
            E("caption", context.TableCaption(
                $"What {one.Method.Name} draws for each rater: Dice with the rater's own mask, and with those of the other raters, at the "
                + "model's size. A method that knows whose mask it draws is nearer to the rater's own.")),
            E("thead", E("tr", E("th", "mask of"), N("cases"), N("Dice"), N("95 % interval"), N("with the others"))),
            E("tbody",
                one.Scores.Raters.Select(rater => E("tr",
                    E("th", A("scope", "row"), rater.Rater), D($"{rater.Cases}"), D(Text.Score(rater.Dice)),
                    D(double.IsNaN(rater.Interval.Lower)
                        ? Text.Nothing
                        : $"{Text.Score(rater.Interval.Lower)} to {Text.Score(rater.Interval.Upper)}"),
                    D(Text.Score(rater.DiceWithOthers)))),
                E("tr", E("th", A("scope", "row"), "mean"), D(""), D(Text.Score(one.Scores.Dice)), D(""),
                    D(Text.Score(one.Scores.DiceWithOthers)))))))];
    }

    /// <summary>Whom each method's maps are near; nothing where the records do not say it.</summary>
    private static XElement[] OfMethods(ReportContext context)
    {
        MethodResult[] known = [.. context.Methods.Where(method => method.Raters.Count > 0)];
        if (known.Length == 0)
        {
            return [];
        }

        string[] raters = [.. known[0].Raters.Select(rater => rater.Name)];
        return [E("div", A("class", "wide"), E("table", A("class", raters.Length > 6 ? "short dense" : "short"),
            E("caption", context.TableCaption(
                "Each method beside each rater: Dice of the outline of its soft map (above one half) with the rater's own mask, at the "
                + "model's size, mean over the cases that the rater drew. Columns are raters, and the best of each is bold.")),
            E("thead", E("tr", E("th", "method"), raters.Select(rater => N(rater)))),
            E("tbody", known.Select(method => E("tr", E("th", A("scope", "row"), context.Name(method)), raters.Select(rater =>
            {
                double dice = DiceOf(method, rater);
                bool isBest = known.Length > 1 && dice == known.Max(one => DiceOf(one, rater));
                return E("td", A("class", isBest ? "n best" : "n"), Text.Score(dice));
            }))))))];

        static double DiceOf(MethodResult method, string rater) =>
            method.Raters.FirstOrDefault(one => one.Name == rater)?.Dice ?? double.NaN;
    }
}
