using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Statistics;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>Paired comparisons of every method with the reference.</summary>
internal static class SignificanceSection
{
    public static IEnumerable<object> Content(ReportContext context)
    {
        StudyResults results = context.Results;
        int cases = results.Reference.Cases.Count, units = results.Groups;
        if (results.Methods.Count < 2)
        {
            yield break;
        }

        bool isGrouped = results.Unit != "case";
        string test = units <= SignFlipTest.MostExact
            ? $"all {Text.Number(Math.Pow(2, units), "#,0")} choices of signs are counted"
            : $"{Text.Number(SignFlipTest.Draws, "#,0")} random choices of signs are drawn";
        yield return P(
            $"Every method is set against {results.Reference.Name}"
            + $"{(results.IsReferenceChosen ? ", the best of this study" : ", the paper's method")}, "
            + $"case by case. The unit is the {results.Unit}: scores are averaged over seeds first, so that {Text.Count(cases, "case")}"
            + $"{(isGrouped ? $" of {Text.Count(units, "group")} (patients or volumes)" : "")} count as {units}, "
            + "however many models were trained. The p-value is that of a paired sign-flip (permutation) test, two-sided: "
            + "if two methods were equally good, "
            + $"{(isGrouped ? "the differences of each group's cases could all together" : "each case's difference could as well")} have "
            + $"the other sign; {test}. Holm's correction accounts for the number of comparisons.");
        if (results.IsReferenceChosen)
        {
            yield return E("div", A("class", "note"), P(
                $"{results.Reference.Name} was chosen by the scores that are compared here: of {results.Methods.Count} methods it came out "
                + "best, in part perhaps by chance. Holm's correction covers the comparisons of the table, but not that choice. "
                + "So the p-values tend to be too small, and the differences too large. They do not show that "
                + $"{results.Reference.Name} is the best: that takes other cases, or a reference that is named before the scores are "
                + "known."));
        }

        double smallest = SignFlipTest.Smallest(units), corrected = Math.Min(1, smallest * results.Comparisons.Count);
        if (corrected > 0.05)
        {
            string afterCorrection = results.Comparisons.Count > 1
                ? $", and {Text.Probability(corrected)} after correction for {results.Comparisons.Count} comparisons"
                : "";
            yield return E("div", A("class", "note"), P(
                $"With {Text.Count(units, results.Unit)} the smallest p-value that this test can give is "
                + $"{Text.Probability(smallest)}{afterCorrection}: "
                + $"no difference can be significant at the 5 % level here, however large. Compare fewer methods, or more {results.Unit}s; "
                + "six are the fewest for a single comparison."));
        }

        yield return E("div", A("class", "wide"), E("table", A("class", "short"),
            E("caption",
                context.TableCaption(
                    $"Difference in soft Dice (5 thresholds) from {results.Reference.Name}, over "
                    + $"{Text.Count(cases, "case")}{(isGrouped ? $" of {Text.Count(units, "group")}" : "")}, with the 95 % bootstrap "
                    + "interval of the mean difference.")),
            E("thead",
                E("tr", E("th", "method"), N("difference"), N("95 % interval"), N("better in"), N("worse in"), N("p"), N("p, Holm"))),
            E("tbody", results.Comparisons.Select((comparison, i) => E("tr",
                E("th", A("scope", "row"), context.Name(results.Methods.First(method => method.Name == comparison.Method))),
                D(Text.Signed(comparison.Difference)),
                D(double.IsNaN(comparison.Interval.Lower)
                    ? Text.Nothing
                    : $"{Text.Signed(comparison.Interval.Lower)} to {Text.Signed(comparison.Interval.Upper)}"),
                D($"{comparison.Better}"), D($"{comparison.Worse}"), D(Text.Probability(comparison.PValue)),
                E("td", A("class", comparison.AdjustedPValue < 0.05 ? "n best" : "n"), Text.Probability(comparison.AdjustedPValue)))))));
    }
}
