using System.CommandLine;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Records;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Evaluation;
using Microsoft.ML;
using Spectre.Console;

namespace Consensus.ML.Cli.Evaluation;

/// <summary><c>consensus evaluate</c>: scores a model on cases with masks.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Terminal terminal)
    {
        var arguments = new EvaluateArguments();
        var command = new CommandWithExamples(
            "evaluate",
            "Score a model's soft maps against the raters' masks.",
            "consensus evaluate --model brain-growth.zip --data QUBIQ --task brain-growth --json report.json",
            "consensus evaluate --model brain-growth.zip --data QUBIQ --task brain-growth --sampler ddim "
            + "--sampling-steps 2 --generations 1",
            "consensus evaluate --model prostate.zip --data QUBIQ --task prostate-1,prostate-2",
            "consensus evaluate --model brain-growth.zip --data QUBIQ --task brain-growth --samples drawn --all",
            "consensus evaluate --model brain-growth.zip --data QUBIQ --task brain-growth --records scores --shard 0/4");
        foreach (Option option in arguments.Options)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed => Run(terminal, arguments, parsed));
        return command;
    }

    private static int Run(Terminal terminal, EvaluateArguments arguments, ParseResult parsed)
    {
        // With records there is something to keep, so the first signal lets the run end in order; a batch system may send it at once.
        string? records = parsed.GetValue(arguments.Records);
        using var interruption = new Interruption(records is null
            ? null
            : _ => terminal.Complain("stopping; the records that are written stay (Ctrl-C again aborts at once)"));
        string path = parsed.Require(arguments.Model!);
        LoadedModel.EnsureExists(path);
        string? report = arguments.ReadReport(parsed);
        EvaluationOptions options = arguments.ReadOptions(parsed);
        Shard? shard = arguments.ReadShard(terminal, parsed);
        CaseSource source = arguments.Data.ListStructures(terminal, parsed, parsed.GetValue(arguments.Missing));
        string? device = parsed.GetValue(arguments.Device);
        (MLContext ml, LoadedModel loaded) = LoadedModel.Open(terminal, path, device, parsed.IsVerbose());
        using LoadedModel owned = loaded;
        bool scoresDrawn = parsed.GetValue(arguments.Samples) == EvaluateArguments.SampleSet.Drawn;
        if (scoresDrawn && loaded.Segmentation.Structures.FirstOrDefault(one => loaded.Drawing(one) is null) is not null)
        {
            throw new UsageException(
                $"{arguments.Samples.Name} drawn: '{path}' draws no masks from its soft maps. Models that 'consensus train' writes do; "
                + "ONNX files and models of older versions do not.");
        }

        using LoadedModel sampled = loaded.WithSampling(arguments.Sampling.Read(parsed, loaded.Segmentation));
        using LoadedModel model = sampled.WithCancellation(records is null ? CancellationToken.None : interruption.Token);
        bool native = parsed.GetValue(arguments.Native), all = parsed.GetValue(arguments.All);
        if (StructureEvaluation.IsFor(model.Segmentation, source))
        {
            var structures = new StructureEvaluation(ml, model, source, options, native, scoresDrawn);
            if (records is null)
            {
                StructureEvaluation.Print(terminal, structures.Evaluate(), structures.Settings, report, all);
                return ExitCode.Success;
            }

            return Record(records, structures, found => StructureEvaluation.Print(
                terminal, StructureEvaluation.Scores(found, structures.Settings), structures.Settings, report, all));
        }

        var settings = EvaluationSettings.Create(model, options, source, native, scoresDrawn);
        var evaluator = new CaseEvaluator(ml, model, settings);
        if (records is null)
        {
            Print(terminal, Evaluate(terminal, evaluator, source, quiet: report == "-"), settings, report, all);
            return ExitCode.Success;
        }

        return Record(records, evaluator, found => Print(terminal, Scores(found, settings), settings, report, all));

        int Record<TSettings, TRecord>(
            string into, ICaseScorer<TSettings, TRecord> scorer, Action<IReadOnlyList<TRecord>> print)
            where TSettings : IRecordSettings
            where TRecord : class, ICaseRecord
        {
            var run = new EvaluationRun<TSettings, TRecord>(terminal, scorer, source.Cases, shard, interruption.Token)
            {
                Overwrites = parsed.GetValue(arguments.Overwrite),
                IsQuiet = report == "-",
                IsVerbose = parsed.IsVerbose(),
            };
            RecordFolder<TSettings, TRecord> folder = interruption.Run(
                () => run.Open(into, path, DeviceOption.Kind(ml, device)),
                "Stopped while the files of the cases were read; the same command starts again.");
            return Finish(terminal, run, folder, shard, interruption, print);
        }
    }

    /// <summary>Scores the cases that have no record, and prints all scores where this process has the records of all cases.</summary>
    private static int Finish<TSettings, TRecord>(
        Terminal terminal,
        EvaluationRun<TSettings, TRecord> run,
        RecordFolder<TSettings, TRecord> folder,
        Shard? shard,
        Interruption interruption,
        Action<IReadOnlyList<TRecord>> print)
        where TSettings : IRecordSettings
        where TRecord : class, ICaseRecord
    {
        EvaluationCounts counts = run.Run(folder);
        int left = run.Count - counts.Total;
        if (!run.IsQuiet && (left > 0 || counts.Failed > 0 || counts.Skipped > 0 || shard is not null))
        {
            terminal.Out.WriteLine($"{counts}{(left > 0 ? $", {left} left (the same command goes on)" : "")}");
        }

        if (left > 0 || counts.Failed > 0)
        {
            return left > 0 ? interruption.ExitCodeOfStop : ExitCode.Failure;
        }

        if (shard is null or { Count: 1 })
        {
            print(folder.Read());
        }

        return ExitCode.Success;
    }

    /// <summary>The scores that records hold, with the intervals of their means.</summary>
    public static SegmentationMetrics Scores(IReadOnlyList<EvaluationRecord> records, EvaluationSettings settings) => Scores(
        records.Select(record => record.Scores), records.SelectMany(record => record.Volumes ?? []), settings.Options);

    /// <summary>The scores of cases that were scored in parts, with the intervals of their means.</summary>
    /// <param name="scored">The cases.</param>
    /// <param name="together">The volumes of several slices, as the parts have them.</param>
    /// <param name="options">The options of the scores.</param>
    public static SegmentationMetrics Scores(
        IEnumerable<CaseMetrics> scored, IEnumerable<CaseMetrics> together, EvaluationOptions options)
    {
        CaseMetrics[] cases = [.. scored];
        ILookup<string?, CaseMetrics> slices = cases.ToLookup(one => one.Volume, StringComparer.Ordinal);

        // A volume whose slices do not follow each other was scored in parts.
        return new(cases, options, together.Where(volume => volume.Slices == slices[volume.Name].Count()));
    }

    /// <summary>Prints tables, or writes the report as JSON where '-' asks for that alone; a report in a file is written too.</summary>
    /// <param name="terminal">Where the tables go.</param>
    /// <param name="metrics">The scores.</param>
    /// <param name="settings">How they were made.</param>
    /// <param name="report">The file of the report; '-' for standard output, null for none.</param>
    /// <param name="all">Whether the tables have every measure.</param>
    public static void Print(Terminal terminal, SegmentationMetrics metrics, EvaluationSettings settings, string? report, bool all)
    {
        if (report != "-")
        {
            PrintTables(terminal, metrics, settings, all);
            PrintLines(terminal, metrics, settings, all);
        }

        if (report is not null)
        {
            JsonOutput.Write(report, new EvaluationReport(metrics, settings), terminal.Out);
        }
    }

    /// <summary>Prints the tables of a structure, or of a model that has one.</summary>
    public static void PrintTables(Terminal terminal, SegmentationMetrics metrics, EvaluationSettings settings, bool all)
    {
        terminal.Console.Write(EvaluationTables.Cases(metrics));
        terminal.Console.Write(EvaluationTables.Means(metrics, settings, all));
        if (metrics.Volumes is { } volumes)
        {
            terminal.Console.Write(EvaluationTables.Means(volumes, settings, all, "over volumes"));
        }

        if (all && metrics.Raters.Count > 0)
        {
            terminal.Console.Write(EvaluationTables.Raters(metrics));
        }
    }

    /// <summary>Prints the scores of a structure in a few lines; the first begins with its name.</summary>
    public static void PrintLines(
        Terminal terminal, SegmentationMetrics metrics, EvaluationSettings settings, bool all, string structure = "")
    {
        terminal.Out.WriteLine($"{(structure.Length == 0 ? "" : $"{structure}: ")}{Headline(metrics, settings)}");
        if (Place(metrics) is { } place)
        {
            terminal.Out.WriteLine(place);
        }

        if (Native(metrics, settings) is { } native)
        {
            terminal.Out.WriteLine(native);
        }

        if (metrics.Volumes is { } together)
        {
            terminal.Out.WriteLine(
                $"Over {Formats.Volumes(together.Cases.Count)}: soft Dice "
                + $"{Formats.Score(together.SoftDice5)} (5 thresholds), {Formats.Score(together.SoftDice9)} (9 thresholds).");
        }

        if (all && metrics.CaseRiskCoverage is { Area: not double.NaN } curve)
        {
            terminal.Out.WriteLine(
                $"Maps in the order of their expected Dice: AURC over cases {Formats.Score(curve.Area)} "
                + $"(E-AURC {Formats.Score(curve.Excess)}, any order {Formats.Score(curve.ByChance)}).");
        }
    }

    private static SegmentationMetrics Evaluate(Terminal terminal, CaseEvaluator evaluator, CaseSource source, bool quiet)
    {
        if (!terminal.IsInteractive || quiet)
        {
            return evaluator.Evaluate(source.Cases);
        }

        return terminal.Console.Status().Start("sampling the first case", context =>
            evaluator.Evaluate(source.Cases, new Reporter(scores =>
                context.Status(Markup.Escape($"{scores.Name}: soft Dice {Formats.Score(scores.SoftDice5)}; sampling the next case")))));
    }

    /// <summary>The score in one line.</summary>
    private static string Headline(SegmentationMetrics metrics, EvaluationSettings settings)
    {
        EvaluationReport.ResolutionDescription resolution = settings.Resolution;
        string size = resolution.Native ? "at each case's own size" : $"at {resolution.Height}×{resolution.Width}";
        return $"Soft Dice {Formats.Score(metrics.SoftDice5)} (5 thresholds), {Formats.Score(metrics.SoftDice9)} (9 thresholds) "
            + $"over {Formats.Cases(metrics.Cases.Count, metrics.Groups)} {size}; {settings.SamplingText}.";
    }

    /// <summary>
    /// The score at the cases' own size, and what resizing leaves of it; null where that is the size of the model, or is not known.
    /// </summary>
    private static string? Native(SegmentationMetrics metrics, EvaluationSettings settings)
    {
        if (double.IsNaN(metrics.ResizingCeiling) || metrics.ResizingCeiling == 1)
        {
            return null;
        }

        string left = $"resizing alone leaves {Formats.Score(metrics.ResizingCeiling)}";
        return settings.Resolution.Native
            ? $"{left[..1].ToUpperInvariant()}{left[1..]} (soft Dice of the raters' own map, 5 thresholds)."
            : $"At each case's own size: {Formats.Score(metrics.NativeSoftDice5)} (5 thresholds), "
                + $"{Formats.Score(metrics.NativeSoftDice9)} (9 thresholds); {left}.";
    }

    /// <summary>Where the score lies among people; null where every case has one rater.</summary>
    private static string? Place(SegmentationMetrics metrics)
    {
        HumanYardsticks people = metrics.Yardsticks;
        return people.Place(metrics.SoftDice5) is { } place
            ? $"That is {place} (one rater {Formats.Score(people.OneAgainstAll.Mean)}, second panel "
                + $"{Formats.Score(people.HalfAgainstHalf.Mean)}, majority {Formats.Score(people.MajorityAgainstAll.Mean)})."
            : null;
    }

    private sealed class Reporter(Action<CaseMetrics> report) : IProgress<CaseMetrics>
    {
        public void Report(CaseMetrics value) => report(value);
    }
}
