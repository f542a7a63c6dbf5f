using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Plots;
using Consensus.ML.Studies.Results;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>Figure 3 of the paper: the score against the number of generations.</summary>
internal static class GenerationSection
{
    public static IEnumerable<object> Content(ReportContext context)
    {
        MethodResult[] sampling = [.. context.Methods.Where(method => method.GenerationCounts.Length > 1)];
        if (sampling.Length == 0)
        {
            yield break;
        }

        int[] counts = sampling[0].GenerationCounts;
        string[] own =
        [
            .. sampling.Select(
                method => (method.Name, Number: context.Results.Record.Methods[method.Name].GetValueOrDefault("Sampling.Generations", "?")))
                .GroupBy(pair => pair.Number)
                .Select(group => $"{group.Key} ({Text.List([.. group.Select(pair => pair.Name)])})"),
        ];
        yield return P(
            "Methods that draw maps by diffusion average several generations of them; mcd averages passes with dropout, and ssn and "
            + "prob-unet masks that they draw. "
            + $"The scores above are of the number that each model is set to: {string.Join("; ", own)}. "
            + $"Below, up to {counts[^1]} generations of each slice were sampled once, and the first 1, 2, 3, … of them averaged.");
        yield return context.Figure(
            GenerationPlot.Draw(sampling, context.Styles),
            $"Soft Dice against the number of generations. {string.Join("; ", sampling.Select(Ends))}.",
            "Soft Dice (5 thresholds), mean over cases, against the number of generations averaged (the paper's Figure 3).");

        string Ends(MethodResult method) => $"{method.Name}: {Text.Score(method.ScoreAfter(counts[0]))} after {counts[0]}, "
            + $"{Text.Score(method.ScoreAfter(counts[^1]))} after {counts[^1]}";
    }
}
