using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Plots;
using Consensus.ML.Studies.Results;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>The time and memory that each method takes, beside its score.</summary>
internal static class CostSection
{
    public static IEnumerable<object> Content(ReportContext context)
    {
        yield return P("What a score costs decides whether a method is of use: up and to the left is better in both drawings.");
        string Points(Func<MethodResult, string> cost) => string.Join(
            "; ",
            context.Methods.Select(method => $"{method.Name}: {cost(method)}, {Text.Score(method.Score(MethodResult.Headline).Mean)}"));
        yield return context.Figure(
            CostPlot.Draw(context.Methods, context.Styles, "time to predict one slice, ms", method => method.Cost.PredictionMs),
            $"Soft Dice against prediction time. {Points(method => $"{Text.Measured(method.Cost.PredictionMs)} ms")}.",
            "Soft Dice (5 thresholds, 95 % interval) against the time to predict the maps of one slice.");
        yield return context.Figure(
            CostPlot.Draw(context.Methods, context.Styles, "time to train, minutes", method => method.Cost.TrainingSeconds / 60),
            $"Soft Dice against training time. {Points(method => Text.Duration(method.Cost.TrainingSeconds))}.",
            "Soft Dice (5 thresholds, 95 % interval) against the wall time of a training.");
        yield return E("div", A("class", "wide"), E("table", A("class", "short"),
            E("caption",
                context.TableCaption(
                    "Time and memory. Training: wall time and steps, mean over runs, validation included. Prediction: median over all "
                    + "slices, from the resized image to its maps. Memory: the largest resident memory of the process while training.")),
            E("thead",
                E("tr", E("th", "method"), N("training"), N("steps"), N("prediction, ms a map"), N("peak memory, MiB"), N("model file, MB"),
                    N("parameters"))),
            E("tbody",
                context.Methods.Select(
                    method => E("tr", E("th", A("scope", "row"), context.Name(method)), D(Text.Duration(method.Cost.TrainingSeconds)),
                        D(Text.Number(method.Cost.Steps, "#,0")), D(Text.Measured(method.Cost.PredictionMs)),
                        D(Text.Number(method.Cost.PeakMemoryMb, "#,0")), D(Text.Number(method.Cost.ModelBytes / 1e6, "0.0")),
                        D(method.Cost.Parameters == 0 ? Text.Nothing : Text.Number(method.Cost.Parameters, "#,0")))))));
    }
}
