using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Metrics;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Cli.Training;

/// <summary><c>consensus train</c>: trains a model on cases with the masks of several raters, and writes it to a zip.</summary>
internal static class TrainCommand
{
    public const string Name = "train";

    public static Command Create(Terminal terminal)
    {
        var options = new TrainArguments();
        var command = new CommandWithExamples(
            Name,
            "Train a model on cases that several raters have segmented.",
            "consensus train --data QUBIQ --task brain-growth --minutes 15 --out brain-growth.zip",
            "consensus train --data QUBIQ --task brain-growth --members 4 --minutes 15 --out ensemble.zip",
            "consensus train --data QUBIQ --task brain-growth --method level-unet --minutes 5 --out one-pass.zip",
            "consensus train --data QUBIQ --task prostate-1,prostate-2 --named-raters --minutes 30 --out prostate.zip",
            "consensus train --data QUBIQ --task kidney --steps 20000 --checkpoints run --resume --out kidney.zip",
            "consensus train --data QUBIQ --task kidney --preset paper --device cuda --precision bfloat16 --out kidney.zip",
            "mpirun -np 4 consensus train --data QUBIQ --task kidney --steps 20000 --out kidney.zip")
        {
            options.Data.Data, options.Data.Task, options.Data.Split, options.ValidationSplit, options.ValidationFraction, options.Missing,
            options.Size, options.Method, options.Preset, options.Target, options.NamedRaters, options.LevelConditioning, options.PatchSize,
            options.Coordinates, options.Minutes, options.Steps, options.Batch, options.Optimizer, options.Patience, options.Members,
            options.Seed, options.Device, options.Precision, options.Threads, options.Augmentation, options.NoData, options.Normalization,
            options.Antialias, options.Mirror, options.Memory, options.Processes.Mpi, options.From, options.Checkpoints.Folder,
            options.Checkpoints.Every, options.Checkpoints.Resume, options.Output,
        };
        command.SetAction(parsed => Run(terminal, options, parsed));
        return command;
    }

    private static int Run(Terminal terminal, TrainArguments options, ParseResult parsed)
    {
        // From here on a signal is remembered: a batch system may send it as soon as the process has started.
        bool keepsCheckpoints = parsed.GetValue(options.Checkpoints.Folder) is not null;
        Terminal shown = terminal;
        using var interruption = new Interruption(signal => shown.Complain(signal == PosixSignal.SIGTERM && keepsCheckpoints
            ? "stopping; a checkpoint is saved, and no model is written"
            : "stopping; the best model so far, if a step was done, is saved (Ctrl-C again aborts at once)"));
        return interruption.Run(
            () =>
            {
                using TrainingProcesses? processes = options.Processes.Start(
                    parsed, new LaunchEnvironment(Environment.GetEnvironmentVariable).Read());
                if (processes is null)
                {
                    return Run(terminal, options, parsed, interruption, null);
                }

                // mpirun gives each process a terminal of its own, at which nobody looks.
                shown = processes.Rank == 0 ? terminal with { IsInteractive = false } : Terminal.Silent;
                return processes.Together(() => Run(shown, options, parsed, interruption, processes));
            },
            "Interrupted before the first training step; there is no model to save.");
    }

    private static int Run(
        Terminal terminal,
        TrainArguments options,
        ParseResult parsed,
        Interruption interruption,
        TrainingProcesses? processes)
    {
        bool writes = processes is null or { Rank: 0 };
        string path = parsed.Require(options.Output!);
        if (writes)
        {
            OutputPath.EnsureFile(path);
        }

        CheckpointOptions? checkpoints = options.Checkpoints.Read(parsed); // wrong options are refused before any model or case is read
        string? device = ProcessArguments.Device(parsed.GetValue(options.Device), processes);
        MLContext ml = Session.Create(terminal, device, parsed.GetValue(options.Seed) ?? 0, parsed.IsVerbose());
        using LoadedModel? start = parsed.GetValue(options.From) is string model ? LoadedModel.Read(ml, model) : null;
        var plan = TrainingPlan.FromArguments(options, parsed, start);
        CaseSource source = options.Data.ListStructures(terminal, parsed, parsed.GetValue(options.Missing));
        float? noData = parsed.GetValue(options.NoData) ?? start?.Normalizing?.NoDataValue;
        CaseSource? validation = ValidationSplit.List(
            terminal, parsed, options.Data, source, options.ValidationSplit, parsed.GetValue(options.Missing));
        plan.EnsureFits(source);
        IReadOnlyList<ResizingCeiling> ceilings = InFirst(processes, () => Check(
            terminal, source, validation, options.Data.CheckCommand(parsed), noData, interruption.Token));
        SizeChoice? size = null;
        if (plan.TakesAnySide)
        {
            size = Common(processes, SizeChoice.FromCeilings(ceilings, ml.GpuDeviceId is not null));
            plan.Side = size.Side;
        }

        return Train(
            terminal, ml, plan, size, source, validation,
            ml.Transforms.NormalizeSlices("Image", noData: noData, scale: options.ReadNormalization(parsed, start)),
            ml.Transforms.ResizeSlices("Features", "Image", plan.Side, plan.Side, options.ReadAntialias(parsed, start)),
            options.ReadAugmentation(parsed, source), checkpoints, path, interruption, processes);
    }

    /// <summary>Checks the cases of each structure.</summary>
    /// <returns>What resizing to each size leaves; of several structures the least.</returns>
    private static List<ResizingCeiling> Check(
        Terminal terminal,
        CaseSource source,
        CaseSource? validation,
        string command,
        float? noData,
        CancellationToken cancellation)
    {
        var ceilings = new List<ResizingCeiling>();
        for (int i = 0; i < source.Parts.Count; i++)
        {
            CaseSource part = source.Parts[i];
            DatasetSplit[] used =
            [
                new(part.Split, part.Cases),
                .. validation is null ? [] : (DatasetSplit[])[new(validation.Split, validation.Parts[i].Cases)],
            ];
            DatasetSplit[] others = [.. part.Others.Where(other => other.Name != validation?.Split)];
            ceilings.AddRange(DatasetGate.Check(terminal, part, used, others, command, noData, cancellation));
        }

        return source.Parts.Count == 1
            ? ceilings
            : [.. ceilings.GroupBy(ceiling => ceiling.Size).Select(same => same.MinBy(ceiling => ceiling.SoftDice)!)];
    }

    /// <summary>Looks at the cases in one process; the others wait, and end where it ends.</summary>
    private static IReadOnlyList<ResizingCeiling> InFirst(TrainingProcesses? processes, Func<IReadOnlyList<ResizingCeiling>> check) =>
        processes is null ? check() : processes.Together(() => processes.Rank == 0 ? check() : []);

    /// <summary>The choice of the first process, which alone has read the masks.</summary>
    private static SizeChoice Common(TrainingProcesses? processes, SizeChoice here)
    {
        if (processes is null)
        {
            return here;
        }

        int side = 0;
        foreach (int candidate in SizeChoice.Sides)
        {
            side = processes.Any(processes.Rank == 0 && here.Side == candidate) ? candidate : side;
        }

        return here with { Side = side };
    }

    private static int Train(
        Terminal terminal,
        MLContext ml,
        TrainingPlan plan,
        SizeChoice? size,
        CaseSource source,
        CaseSource? validation,
        SliceNormalizingEstimator normalizing,
        SliceResizingEstimator resizing,
        AugmentationPolicy augmentation,
        CheckpointOptions? checkpoints,
        string path,
        Interruption interruption,
        TrainingProcesses? processes)
    {
        var display = new TrainingDisplay(terminal);
        IDataView cases = source.View(ml);
        EstimatorChain<ITransformer> pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(normalizing)
            .Append(resizing)
            .Append(ml.Transforms.AugmentSlices("Features", augmentation))
            .Append(plan.CreateTrainer(ml, source, processes, display, interruption.Token));
        Announce(terminal, plan, size, source, validation, augmentation, ml.GpuDeviceId is not null);
        using TransformerChain<ITransformer> model = display.Show(
            () => validation is null ? pipeline.Fit(cases) : pipeline.Fit(cases, validation.View(ml)));

        // The process is started again and goes on. A model of half a training would look like the result to whatever waits for it.
        bool terminated = processes?.Any(interruption.IsTermination) ?? interruption.IsTermination;
        if (checkpoints is not null && terminated
            && model.LastTransformer is SegmentationTransformer { Training: { Cancelled: true } training })
        {
            terminal.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Stopped after {Steps(training.Steps)}; the same command{(checkpoints.Resume ? "" : " with --resume")} goes on from the "
                + $"last checkpoint in '{checkpoints.Folder}'."));
            return ExitCode.TryAgain;
        }

        if (processes is { Rank: > 0 })
        {
            return ExitCode.Success;
        }

        ModelWriter.Save(ml, WithDrawing(terminal, ml, model, cases), cases.Schema, path);
        terminal.Out.WriteLine(Summary(path, display.Latest, validation is null ? "the cases set aside" : $"split {validation.Split}"));
        SayWhatCasesDecided(terminal, model, augmentation);
        return ExitCode.Success;
    }

    /// <summary>
    /// The model with a step for each structure that draws masks as its raters might. Hours of training are not lost because masks could
    /// not be read again.
    /// </summary>
    private static TransformerChain<ITransformer> WithDrawing(
        Terminal terminal,
        MLContext ml,
        TransformerChain<ITransformer> model,
        IDataView cases)
    {
        try
        {
            TransformerChain<ITransformer> whole = model;
            IDataView predicted = model.Transform(cases);
            foreach (SegmentedStructure structure in ((SegmentationTransformer)model.LastTransformer).Structures)
            {
                whole = whole.Append<ITransformer>(ml.Transforms.DrawRaterMasks(
                    structure.ColumnName(LoadedModel.DrawnMasks), structure.ColumnName("SoftMap"),
                    structure.ColumnName("AnnotationPaths")).Fit(predicted));
            }

            return whole;
        }
        catch (Exception exception)
            when (exception is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException)
        {
            terminal.Complain($"the model will not draw masks as raters might: {exception.Message}");
            return model;
        }
    }

    private static void Announce(
        Terminal terminal,
        TrainingPlan plan,
        SizeChoice? size,
        CaseSource source,
        CaseSource? validation,
        AugmentationPolicy augmentation,
        bool onGpu)
    {
        string counted = source.Groups == source.Cases.Count ? "" : $", {Formats.Cases(source.Cases.Count, source.Groups)}";
        string chosen = validation is null
            ? ""
            : $"; the best weights are chosen by {Formats.Cases(validation.Cases.Count, validation.Groups)} of split {validation.Split}";
        string axes = augmentation.Mirror switch
        {
            MirrorAxes.None => "no axis",
            MirrorAxes.Both => "columns and rows",
            MirrorAxes.Columns => "columns",
            _ => "rows",
        };
        terminal.Out.WriteLine(
            $"Training on {source.Name} at {plan.Side}×{plan.Side} pixels{counted}: {source.RaterText}, {plan.Learned}"
            + $"{(plan.Members == 1 ? "" : $", {plan.Members} networks")}{chosen}.");
        if (plan.ChoseMembers)
        {
            terminal.Out.WriteLine(
                "There is time for two networks, and a core for each: both are trained side by side and averaged (--members 1: one).");
        }

        if (size is { SoftDice: double left })
        {
            terminal.Out.WriteLine(
                $"The size follows from the masks: resizing to it leaves a soft Dice of {Formats.Score(left)} (--size sets another).");
        }

        if (validation is null && plan.TrainsOnAllOfFew(source, onGpu))
        {
            terminal.Out.WriteLine(
                "The cases are few and training is short: all are trained on, and the last weights are kept (--validation-fraction).");
        }

        terminal.Out.WriteLine(
            $"The cases take about {Formats.Megabytes(source.MemoryAt(plan.Side))} of memory, and are mirrored along "
            + $"{axes} (--augment-mirror).");
    }

    /// <summary>Says what training did otherwise because the cases asked for it. It is known once they were read.</summary>
    private static void SayWhatCasesDecided(
        Terminal terminal, TransformerChain<ITransformer> model, AugmentationPolicy augmentation)
    {
        if (model.OfType<SliceNormalizingTransformer>().Any(step => step.Scale == NormalizationScale.EachSlice))
        {
            terminal.Out.WriteLine("Each slice has its own scale of grey values (--normalization).");
        }

        if (model.LastTransformer is SegmentationTransformer { Training.Augmentation: { } used }
            && used.RotationDegrees > augmentation.RotationDegrees)
        {
            terminal.Out.WriteLine("The cases have no common orientation, so training rotated them by any angle.");
        }
    }

    private static string Summary(string path, TrainingProgress? latest, string validated)
    {
        string length = string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(path).Length / 1e6:0.0} MB");
        return latest is null
            ? $"Wrote {path} ({length})."
            : $"Wrote {path} ({length}): {Steps(latest.Step)} in {Formats.Duration(latest.Elapsed)}"
                + (latest.BestValidationScore is double best ? $", soft Dice {Formats.Score(best)} on {validated}." : ".");
    }

    private static string Steps(int count) => count == 1 ? "1 step" : string.Create(CultureInfo.InvariantCulture, $"{count} steps");
}
