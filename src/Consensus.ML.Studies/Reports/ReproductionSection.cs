using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>Seeds, versions, machine and commands.</summary>
internal static class ReproductionSection
{
    public static IEnumerable<object> Content(ReportContext context)
    {
        StudyResults results = context.Results;
        if (results.Record.Commands.Count > 0)
        {
            yield return P(results.Record.Commands.Count == 1 ? "The command:" : "The commands, in turn:");
            yield return E("pre", E("code", string.Join('\n', results.Record.Commands)));
        }

        yield return P(
            "Every training, with what the folder beside this report keeps of it: the model as a zip, the scores and maps of each case, "
            + "and this table's numbers in results.csv and results.json.");
        RunResult[] runs = [.. results.Methods.SelectMany(method => method.Runs)];
        yield return E("div", A("class", "wide"), E("table", E("caption", context.TableCaption("The trainings.")),
            E("thead",
                E("tr", E("th", "method"), E("th", "fold"), N("seed"), N("trained on"), N("set aside"), N("steps"), N("best step"),
                    N("wall time"), N("soft Dice 5"))),
            E("tbody", runs.Select(run =>
                E("tr", E("th", A("scope", "row"), run.Run.Method.Name), E("td", run.Run.Fold.Name), D(Text.Invariant($"{run.Run.Seed}")),
                    D($"{run.Training.TrainingCases}"), D($"{run.Training.ValidationCases}"),
                    D(Text.Number(run.Training.Steps, "#,0")),
                    D(Text.Number(run.Training.BestStep, "#,0")),
                    D(Text.Duration(run.Training.Seconds)),
                    D(Text.Score(MethodResult.Mean(run.Cases.Select(record => MethodResult.Value(record, MethodResult.Headline))))))))));
        MachineRecord[] machines = [.. runs.Select(run => run.Training.Machine).Distinct()];
        yield return P(machines.Length == 1
            ? "Trained and timed on:"
            : "Trained and timed on several machines, so that times are not comparable throughout:");
        yield return E("ul", machines.Select(machine => E("li",
            $"{machine.Processor}, {Text.Count(machine.Cores, "core")} ({Text.Count(machine.Threads, "thread")} of torch), "
            + $"device {machine.Device}; {machine.OperatingSystem}; {machine.DotNet}; Consensus.ML {machine.Library}, "
            + $"ML.NET {machine.MLNet}, TorchSharp {machine.TorchSharp}, libtorch {machine.LibTorch}.")));
        yield return P(
            "Precision, settings of every method and the division of the cases are in study.json. "
            + "On the same machine with the same number of threads, the same seed and number of steps give the same weights; "
            + "under a limit of wall time the number of steps differs a little each time.");
    }
}
