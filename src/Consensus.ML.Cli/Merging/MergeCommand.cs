using System.CommandLine;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Evaluation;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Cli.Studies;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies;
using Consensus.ML.Studies.Results;

namespace Consensus.ML.Cli.Merging;

/// <summary><c>consensus merge</c>: makes the report of all shards from their records, without models and without images.</summary>
internal static class MergeCommand
{
    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string>("DIR")
        {
            Description = "The folder of the records: --records of 'consensus evaluate', or --out of 'consensus study'.",
        };
        var json = new Option<string?>("--json")
        {
            Description = "Also write the report in JSON; '-' prints it instead of the table.",
            HelpName = "report.json",
        };
        var output = new Option<string?>("--out")
        {
            Description = "Of a study: the folder for results.csv, results.json and report.html. Default: the folder of the study.",
            HelpName = "DIR",
        };
        Option<bool> all = EvaluateArguments.AllMeasures();
        var command = new CommandWithExamples(
            "merge",
            "Check the records that shards wrote, and make the report of all of them. It needs no model and no images.",
            "consensus merge scores --json report.json",
            "consensus merge study --out results")
        {
            folder, json, output, all,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.Require(folder!);
            string? report = parsed.GetValue(json), target = parsed.GetValue(output);
            if (!Directory.Exists(path))
            {
                throw new IOException($"There is no folder '{path}'.");
            }

            if (report is not null and not "-" && !AtomicFile.IsDevice(report))
            {
                OutputPath.EnsureFile(report);
            }

            using var interruption = new Interruption();
            bool isStudy = File.Exists(Path.Combine(path, "study.json"));
            return isStudy ? MergeStudy(terminal, path, report, target)
                : target is null ? MergeEvaluation(terminal, path, report, parsed.GetValue(all))
                : throw new UsageException($"--out is for the folder of a study, and '{path}' is none: give --json a file.");
        });
        return command;
    }

    private static int MergeEvaluation(Terminal terminal, string path, string? report, bool all)
    {
        if (report is not null)
        {
            RecordFolder.EnsureOutside(path, report);
        }

        var folder = RecordFolder.Open(path);
        IReadOnlyList<string> problems = folder.Problems(out IReadOnlyList<CaseMetrics> scores);
        if (problems.Count > 0)
        {
            return Refuse(terminal, path, problems);
        }

        EvaluationSettings settings = folder.Manifest.Settings;
        EvaluateCommand.Print(terminal, new SegmentationMetrics(scores, settings.Options), settings, report, all);
        return ExitCode.Success;
    }

    private static int MergeStudy(Terminal terminal, string path, string? report, string? target)
    {
        string folder = target ?? path;
        OutputPath.EnsureFolder(folder);
        StudyMerge merged = Study.Merge(path, folder);
        if (merged.Results is not { } results)
        {
            return Refuse(terminal, path, merged.Problems);
        }

        string text = File.ReadAllText(Path.Combine(folder, "results.json"));
        if (report == "-")
        {
            terminal.Out.Write(text);
            return ExitCode.Success;
        }

        if (report is not null)
        {
            JsonOutput.WriteText(report, text);
        }

        terminal.Console.Write(StudyTable.Create(results));
        terminal.Out.WriteLine(
            $"{StudyTable.Headline(results, results.Size)} Wrote {Path.Combine(folder, "report.html")}, results.csv and results.json. The "
            + "command of the study with --resume adds pictures of the cases.");
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
