using System.CommandLine;
using Consensus.Imaging.Cases;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Machine;
using Microsoft.ML;

namespace Consensus.ML.Cli.Prediction;

/// <summary><c>consensus predict</c>: predicts the soft maps of images, in the geometry of the images, and draws pictures.</summary>
internal static class PredictCommand
{
    public static Command Create(Terminal terminal)
    {
        var arguments = new PredictArguments();
        var command = new CommandWithExamples(
            "predict",
            "Predict the soft maps of images, at their own size and geometry.",
            "consensus predict --model brain-growth.zip --out maps patient7/image.nii.gz patient8/image.nii.gz",
            "consensus predict --model brain-growth.zip --out maps --data QUBIQ --task brain-growth --split val",
            "consensus predict --model brain-growth.zip --out maps --inputs images.txt --shard 0/4 --log shard0.jsonl",
            "consensus predict --model brain-growth.zip --out maps --inputs images.txt --shard 0/4 --records records")
        {
            arguments.Files,
        };
        foreach (Option option in arguments.Options)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed => Run(terminal, arguments, parsed));
        return command;
    }

    private static int Run(Terminal terminal, PredictArguments arguments, ParseResult parsed)
    {
        // From here on a signal is remembered: a batch system may send it as soon as the process has started.
        using var interruption = new Interruption(
            _ => terminal.Complain("stopping; what is written stays (Ctrl-C again aborts at once)"));
        string path = parsed.Require(arguments.Model!), folder = parsed.Require(arguments.Output!);
        IReadOnlyList<RaterCase> all = arguments.ListCases(terminal, parsed);
        Shard? shard = arguments.Shards.Read(terminal, parsed);
        bool skips = arguments.SkipsFinished(parsed, shard);
        LoadedModel.EnsureExists(path);
        PredictionCheck.Check(all, folder);
        if (parsed.GetValue(arguments.Log) is { } log)
        {
            OutputPath.EnsureFile(log);
        }

        var options = new PredictionRunOptions(shard?.Of(all) ?? all, folder, parsed.GetValue(arguments.Axis), skips, parsed.IsVerbose());
        if (shard is not null)
        {
            terminal.Out.WriteLine($"Shard {shard} ({shard.Origin}): {options.Cases.Count} of {all.Count} inputs");
        }

        return options.Cases.Count == 0
            ? ExitCode.Success
            : Run(terminal, arguments, parsed, path, options, all, shard, interruption);
    }

    private static int Run(
        Terminal terminal,
        PredictArguments arguments,
        ParseResult parsed,
        string path,
        PredictionRunOptions options,
        IReadOnlyList<RaterCase> all,
        Shard? shard,
        Interruption interruption)
    {
        int? number = parsed.GetValue(arguments.Threads);
        using IDisposable? threads = LoadedModel.UseThreads(path, number);
        (MLContext ml, LoadedModel loaded) = LoadedModel.Open(
            terminal, path, parsed.GetValue(arguments.Device), parsed.IsVerbose(), number);
        using LoadedModel owned = loaded;
        PredictionCheck.EnsureAxis(options.Axis, loaded.Segmentation.VolumeAxes);
        PredictionCheck.CheckFiles(all, options.Folder, loaded.Segmentation.Structures);
        OutputPath.EnsureFolder(options.Folder);
        using LoadedModel sampled = loaded.WithSampling(arguments.Sampling.Read(parsed, loaded.Segmentation));
        using LoadedModel model = sampled.WithCancellation(interruption.Token);
        PredictionRecords? records = parsed.GetValue(arguments.Records) is { } folder
            ? interruption.Run(
                () => PredictionRecords.Open(
                    new(folder, path, DeviceOption.Kind(ml, parsed.GetValue(arguments.Device)), options.Axis), model.Segmentation, all,
                    shard, interruption.Token),
                "Stopped while the files of the inputs were read; the same command starts again.")
            : null;
        if (options.SkipsFinished)
        {
            records?.EnsureIntact(options.Cases);
        }

        using PredictionLog? log = parsed.GetValue(arguments.Log) is { } file ? PredictionLog.Open(file) : null;
        PredictionRunOptions shared = loaded.Segmentation.PredictsSideBySide
            ? options with { Threads = RuntimeInfo.Collect(ml, parsed.GetValue(arguments.Device)).Threads }
            : options;
        PredictionCounts counts =
            new PredictionRun(terminal, model, new MapPredictor(ml, model), shared, log, records, interruption.Token).Run();
        int left = options.Cases.Count - counts.Total;
        if (left > 0 || counts.Skipped > 0 || counts.Failed > 0)
        {
            string resume = options.SkipsFinished ? "the same command" : "the same command with --skip-existing";
            terminal.Out.WriteLine($"{counts}{(left > 0 ? $", {left} left ({resume} goes on)" : "")}");
        }

        return left > 0 ? interruption.ExitCodeOfStop : counts.Failed > 0 ? ExitCode.Failure : ExitCode.Success;
    }
}
