using System.CommandLine;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Evaluation;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Records;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Cli.Studies;
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
            Description = "The folder of the records: --records of 'consensus evaluate' or 'consensus predict', or --out of "
                + "'consensus study'.",
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
            if (isStudy)
            {
                return MergeStudy(terminal, path, report, target);
            }

            if (target is not null)
            {
                throw new UsageException($"--out is for the folder of a study, and '{path}' is none: give --json a file.");
            }

            if (report is not null)
            {
                RecordFiles.EnsureOutside(path, report);
            }

            string? kind = RecordFiles.KindOf(path);
            if (kind == StructureSettings.Kind)
            {
                return MergeScores<StructureSettings, StructureRecord>(terminal, path, (records, settings) => StructureEvaluation.Print(
                    terminal, StructureEvaluation.Scores(records, settings), settings, report, parsed.GetValue(all)));
            }

            return kind != PredictionSettings.Kind
                ? MergeScores<EvaluationSettings, EvaluationRecord>(terminal, path, (records, settings) => EvaluateCommand.Print(
                    terminal, EvaluateCommand.Scores(records, settings), settings, report, parsed.GetValue(all)))
                : !parsed.GetValue(all)
                ? MergePrediction(terminal, path, report)
                : throw new UsageException($"{all.Name} is for scores, and the records in '{path}' are of a prediction.");
        });
        return command;
    }

    private static int MergeScores<TSettings, TRecord>(Terminal terminal, string path, Action<IReadOnlyList<TRecord>, TSettings> print)
        where TSettings : IRecordSettings
        where TRecord : class, ICaseRecord
    {
        var folder = RecordFolder<TSettings, TRecord>.Open(path);
        IReadOnlyList<string> problems = folder.Problems(out IReadOnlyList<TRecord> records);
        if (problems.Count > 0)
        {
            return Refuse(terminal, path, problems);
        }

        print(records, folder.Manifest.Settings);
        return ExitCode.Success;
    }

    private static int MergePrediction(Terminal terminal, string path, string? report)
    {
        IReadOnlyList<string> problems = PredictionRecords.Problems(path, out PredictionReport? merged);
        if (merged is null)
        {
            return Refuse(terminal, path, problems);
        }

        if (report is not null)
        {
            JsonOutput.Write(report, merged, terminal.Out);
        }

        if (report != "-")
        {
            int files = merged.Cases.Sum(one => one.Outputs.Count);
            string inputs = merged.Cases.Count == 1 ? "1 input is predicted; its" : $"{merged.Cases.Count} inputs are predicted; their";
            terminal.Out.WriteLine($"{inputs} {files} files are as they were written.");
        }

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
