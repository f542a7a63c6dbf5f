using System.CommandLine;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Evaluation;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Cli.Merging;

/// <summary><c>consensus merge</c>: makes the report of all shards from their records, without the model and without images.</summary>
internal static class MergeCommand
{
    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string>("DIR") { Description = "The folder of the records: --records of 'consensus evaluate'." };
        var json = new Option<string?>("--json")
        {
            Description = "Also write the report in JSON; '-' prints it instead of the table.",
            HelpName = "report.json",
        };
        var command = new CommandWithExamples(
            "merge",
            "Check the records that shards wrote, and make the report of all of them. It needs no model and no images.",
            "consensus merge scores --json report.json")
        {
            folder, json,
        };
        command.SetAction(parsed => Merge(terminal, parsed.Require(folder!), parsed.GetValue(json)));
        return command;
    }

    private static int Merge(Terminal terminal, string path, string? report)
    {
        if (!Directory.Exists(path))
        {
            throw new IOException($"There is no folder '{path}'.");
        }

        if (report is not null)
        {
            RecordFolder.EnsureOutside(path, report);
            if (report != "-" && !AtomicFile.IsDevice(report))
            {
                OutputPath.EnsureFile(report);
            }
        }

        using var interruption = new Interruption();
        var folder = RecordFolder.Open(path);
        IReadOnlyList<string> problems = folder.Problems(out IReadOnlyList<CaseMetrics> scores);
        if (problems.Count > 0)
        {
            return Refuse(terminal, path, problems);
        }

        EvaluationSettings settings = folder.Manifest.Settings;
        EvaluateCommand.Print(terminal, new SegmentationMetrics(scores, settings.Options), settings, report);
        return ExitCode.Success;
    }

    /// <summary>Names every problem. The report of some of the records would be wrong, so none is written.</summary>
    private static int Refuse(Terminal terminal, string path, IReadOnlyList<string> problems)
    {
        foreach (string problem in problems)
        {
            terminal.Complain(problem);
        }

        terminal.Complain($"'{path}' cannot be merged: {(problems.Count == 1 ? "1 problem" : $"{problems.Count} problems")}.");
        return ExitCode.Failure;
    }
}
