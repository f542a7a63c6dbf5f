using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Plots;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>How the validation score changed during training.</summary>
internal static class TrainingSection
{
    public static IEnumerable<object> Content(ReportContext context)
    {
        MethodResult[] methods =
            [.. context.Methods.Where(method => method.Runs.Any(run => run.Training.Validations.Count > 0))];
        if (!methods.SelectMany(method => method.Runs).Any(run => run.Training.Validations.Count > 1))
        {
            yield break;
        }

        TrainingRecord first = methods[0].Runs.First(run => run.Training.Validations.Count > 0).Training;
        yield return P(
            "While training, the moving average of the weights was scored on the training cases set aside, and the best of these weights "
            + "were kept. A curve that still rises at its end says that more training would help."
            + (methods.Length == context.Methods.Count ? "" : " Methods without a curve were trained on all cases."));
        yield return context.Figure(
            LearningPlot.Draw(methods, context.Styles),
            $"Validation soft Dice against steps. {string.Join("; ", methods.Select(Best))}.",
            $"Soft Dice (5 thresholds) on the {Text.Count(first.ValidationCases, "training case")} set aside, against optimizer steps; "
            + "a line for each training. These few cases choose the weights: they are not a score.");

        static string Best(MethodResult method) => $"{method.Name}: best "
            + Text.Score(method.Runs.Average(
                run => run.Training.Validations.Select(point => point.SoftDice).DefaultIfEmpty(double.NaN).Max()));
    }
}
