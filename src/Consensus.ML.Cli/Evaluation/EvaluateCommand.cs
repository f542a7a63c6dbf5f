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
        if (StructureEvaluation.IsFor(sampled.Segmentation, source))
        {
            StructureEvaluation evaluation = new(
                ml, sampled, source, options, parsed.GetValue(arguments.Native), scoresDrawn,
                records is null ? null : arguments.Records.Name);
            evaluation.Print(terminal, report, parsed.GetValue(arguments.All));
            return ExitCode.Success;
        }

        var settings = EvaluationSettings.Create(sampled, options, source, parsed.GetValue(arguments.Native), scoresDrawn);
        if (records is null)
        {
            var evaluator = new CaseEvaluator(ml, sampled, settings);
            Print(
                terminal, Evaluate(terminal, evaluator, source, quiet: report == "-"), settings, report, parsed.GetValue(arguments.All));
            return ExitCode.Success;
        }

        using LoadedModel model = sampled.WithCancellation(interruption.Token);
        var run = new EvaluationRun(terminal, new CaseEvaluator(ml, model, settings), source.Cases, shard, interruption.Token)
        {
            Overwrites = parsed.GetValue(arguments.Overwrite),
            IsQuiet = report == "-",
            IsVerbose = parsed.IsVerbose(),
        };
        RecordFolder<EvaluationSettings, EvaluationRecord> folder = interruption.Run(
            () => run.Open(records, path, DeviceOption.Kind(ml, device)),
            "Stopped while the files of the cases were read; the same command starts again.");
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
            Print(terminal, Scores(folder.Read(), settings), settings, report, parsed.GetValue(arguments.All));
        }

        return ExitCode.Success;
    }

    /// <summary>The scores that records hold, with the intervals of their means.</summary>
    public static SegmentationMetrics Scores(IReadOnlyList<EvaluationRecord> records, EvaluationSettings settings)
    {
        CaseMetrics[] cases = [.. records.Select(record => record.Scores)];
        ILookup<string?, CaseMetrics> slices = cases.ToLookup(one => one.Volume, StringComparer.Ordinal);

        // A volume whose slices do not follow each other was scored in parts.
        IEnumerable<CaseMetrics> volumes = records.SelectMany(record => record.Volumes ?? [])
            .Where(volume => volume.Slices == slices[volume.Name].Count());
        return new(cases, settings.Options, volumes);
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

            terminal.Out.WriteLine(Headline(metrics, settings));
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

        if (report is not null)
        {
            JsonOutput.Write(report, new EvaluationReport(metrics, settings), terminal.Out);
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
    public static string Headline(SegmentationMetrics metrics, EvaluationSettings settings)
    {
        EvaluationReport.ResolutionDescription resolution = settings.Resolution;
        string size = resolution.Native ? "at each case's own size" : $"at {resolution.Height}×{resolution.Width}";
        return $"Soft Dice {Formats.Score(metrics.SoftDice5)} (5 thresholds), {Formats.Score(metrics.SoftDice9)} (9 thresholds) "
            + $"over {Formats.Cases(metrics.Cases.Count, metrics.Groups)} {size}; {settings.SamplingText}.";
    }

    /// <summary>
    /// The score at the cases' own size, and what resizing leaves of it; null where that is the size of the model, or is not known.
    /// </summary>
    public static string? Native(SegmentationMetrics metrics, EvaluationSettings settings)
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
