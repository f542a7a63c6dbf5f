using System.CommandLine;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Spectre.Console;

namespace Consensus.ML.Cli.Data;

/// <summary><c>consensus dataset check</c>: lists everything that is wrong with a set, in one run.</summary>
internal static class DatasetCheckCommand
{
    public static Command Create(Terminal terminal)
    {
        var data = new Option<string>("--data")
        {
            Description = "Folder of a set, or a folder that contains sets; or a manifest.",
            HelpName = "ROOT|dataset.json",
            Required = true,
        };
        var task = new Option<string?>("--task")
        {
            Description = "The only task to check. Default: every task found in ROOT.",
            HelpName = "TASK",
        };
        Option<float?> noData = CaseArguments.NoData();
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new CommandWithExamples(
            "check",
            "Check every file of a set. Exits with 0 only if there is no problem at all, not even a warning.",
            "consensus dataset check --data QUBIQ --task brain-growth",
            "consensus dataset check --data retina/dataset.json --json")
        {
            data, task, noData, json,
        };
        command.SetAction(parsed =>
        {
            using var interruption = new Interruption();
            string place = parsed.Require(data!);
            bool quiet = parsed.GetValue(json);
            var report = new DatasetReport(place, Check(terminal, place, parsed.GetValue(task), parsed.GetValue(noData), quiet));
            if (quiet)
            {
                terminal.Out.WriteLine(JsonOutput.Text(report));
            }
            else
            {
                Print(terminal, report);
            }

            return report.Problems.Count == 0 ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    private static List<(string? Task, DatasetCheckReport Report)> Check(
        Terminal terminal,
        string data,
        string? task,
        float? noData,
        bool quiet)
    {
        if (File.Exists(data))
        {
            return task is null
                ? [(null, Watch(terminal, quiet, progress => DatasetCheck.RunManifest(data, progress, noData)))]
                : throw new UsageException("Option --task belongs to a folder of sets; a manifest describes one set.");
        }

        IReadOnlyList<QubiqTask> tasks = task is null
            ? QubiqDataset.FindTasks(data)
            : [.. task.Split(',', StringSplitOptions.TrimEntries).Select(name => CaseSource.FindTask(data, name))];
        return tasks.Count > 0
            ? [.. tasks.Select(
                each => ((string?)each.Name, Watch(terminal, quiet, progress => DatasetCheck.RunQubiq(data, each, progress, noData))))]
            : throw new InvalidDataException(
                $"'{data}' holds no set in QUBIQ's layout; for any other layout, 'consensus dataset init' "
                + "makes a manifest that can be checked.");
    }

    private static DatasetCheckReport Watch(Terminal terminal, bool quiet, Func<IProgress<int>?, DatasetCheckReport> check) =>
        quiet || !terminal.IsInteractive
            ? check(null)
            : terminal.Console.Status()
                .Start("reading the first case", context => check(new Reporter(count => context.Status($"{count} cases read"))));

    private static void Print(Terminal terminal, DatasetReport report)
    {
        if (terminal.IsInteractive && report.Problems.Count > 0)
        {
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns("", "case", "found", "what to do");
            foreach (DatasetReport.Problem problem in report.Problems)
            {
                table.AddRow(
                    Markup.Escape(problem.Severity), Markup.Escape(Place(problem)), Markup.Escape(problem.Message),
                    Markup.Escape(problem.Advice));
            }

            terminal.Console.Write(table);
        }
        else if (report.Problems.Count > 0)
        {
            // Outside a terminal, each problem is one line, however long. So paths stay whole, and other programs can search them.
            int width = report.Problems.Max(problem => Place(problem).Length);
            foreach (DatasetReport.Problem problem in report.Problems)
            {
                terminal.Out.WriteLine(
                    Failure.OneLine($"{problem.Severity,-7}  {Place(problem).PadRight(width)}  {problem.Message} {problem.Advice}"));
            }
        }

        terminal.Out.WriteLine(report.Summary);
        foreach (DatasetReport.Sizes sizes in report.Ceilings)
        {
            terminal.Out.WriteLine(sizes.Line);
        }
    }

    private static string Place(DatasetReport.Problem problem) => problem.Case is null
        ? problem.Task ?? "set"
        : string.Join('/', new[] { problem.Task, problem.Split, problem.Case }.OfType<string>());

    private sealed class Reporter(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
