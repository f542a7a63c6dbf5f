using System.CommandLine;
using System.Globalization;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Studies.Planning;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Cli.Training;

/// <summary><c>consensus train</c>: cases with several raters' masks in, a model zip out.</summary>
internal static class TrainCommand
{
    private const int LargestSize = 4096;

    /// <summary>The methods that predict in one pass, by the names that 'consensus study' has for them.</summary>
    private static readonly StudyMethod[] OnePass =
    [
        .. StudyMethods.All.Where(method => method.OnePass is not null).OrderBy(method => method.OnePass),
    ];

    /// <summary>A method: one that predicts in one pass, or else the paper's.</summary>
    private readonly record struct Method(UNetKind? OnePass);

    private enum Preset
    {
        Compact,
        Paper,
    }

    public static Command Create(Terminal terminal)
    {
        var data = new DataOptions(QubiqSplit.Train);
        Option<MissingRaters?> missing = CaseArguments.MissingRaters(
            "and level c of C then means at least the share c/C of a case's raters");
        var validationSplit = new Option<string?>("--validation-split")
        {
            Description = "Choose the best weights by the cases of this split, and train on all of --split. Default: "
                + "a tenth of the training cases, whole groups of them, is set aside for that.",
            HelpName = "SPLIT",
        };
        Option<int?> size = OptionKinds.Whole(
            "--size", "S", "Side, in pixels, that slices are resized to. Default 64, or 256 for the paper preset.", 1, LargestSize);
        Option<Preset?> preset = OptionKinds.Choice(
            "--preset", "compact (made for a CPU) or paper (as published: 256 pixels, for a GPU). Default compact.",
            Spelling.List<Preset>());
        Option<Method?> method = OptionKinds.Choice(
            "--method",
            "consensus (the paper's, by diffusion) or a U-Net that predicts in one pass, named as in 'consensus study': "
            + "level-unet learns the same levels of agreement, and needs less time. Default consensus.",
            [("consensus", default(Method)), .. OnePass.Select(one => (one.Name, new Method(one.OnePass)))]);
        Option<TrainingTarget?> target = OptionKinds.Choice(
            "--target",
            "What the method consensus learns: each level of agreement (the method), one rater's mask knowing whose, not knowing whose, "
            + "or the soft map itself. Default consensus.",
            Spelling.List<TrainingTarget>());
        Option<LevelConditioning?> levelConditioning = NetworkArguments.LevelConditioning("the preset's");
        Option<int?> patchSize = NetworkArguments.PatchSize(
            "2 where S is at least 128 and a multiple of 16, else 1; 1 for the paper preset; with --from the model's");
        Option<double?> minutes = RecipeArguments.Minutes(
            "End after this much wall time, validation included; fractions are fine. With --steps too, whichever comes first.");
        Option<int?> steps = OptionKinds.Whole(
            "--steps", "N", "End after this many training steps. Default: the preset's, unless --minutes is given.", 1, int.MaxValue);
        Option<int?> seed = OptionKinds.Seed("Seed of everything random. Default 0.");
        Option<string?> device = DeviceOption.Create();
        Option<Precision?> precision = ModelArguments.Precision(
            "Number format of the heavy arithmetic while training; float16 is for GPUs without bfloat16. Default: the preset's.");
        Option<int?> threads = RecipeArguments.Threads();
        Option<AugmentationStrength?> strength = RecipeArguments.Augmentation("strong, or published for the paper preset");
        Option<float?> noData = CaseArguments.NoData();
        Option<MirrorAxes?> mirror = RecipeArguments.Mirror();
        Option<int?> memory = OptionKinds.Whole(
            "--memory-limit", "MB",
            "The most memory that the cases may take; more are kept in a temporary file, to the same "
            + "model. Default: half of the machine's.",
            0, int.MaxValue);
        Option<int?> patience = OptionKinds.Whole(
            "--patience", "N",
            "End early once so many validations in a row brought nothing better; 10 are spread over a run. Default: never.", 1,
            int.MaxValue);
        var from = new Option<string?>("--from")
        {
            Description = "Train this model further: its network, method, target, size and, unless --preset is given, recipe.",
            HelpName = "model.zip",
        };
        var checkpoints = new CheckpointArguments();
        var output = new Option<string>("--out") { Description = "The model to write.", HelpName = "model.zip", Required = true };
        var command = new CommandWithExamples(
            "train",
            "Train a model on cases that several raters have segmented.",
            "consensus train --data QUBIQ --task brain-growth --minutes 15 --out brain-growth.zip",
            "consensus train --data QUBIQ --task brain-growth --method level-unet --minutes 5 --out one-pass.zip",
            "consensus train --data QUBIQ --task kidney --steps 20000 --checkpoints run --resume --out kidney.zip",
            "consensus train --data QUBIQ --task kidney --preset paper --device cuda --precision bfloat16 --out kidney.zip")
        {
            data.Data, data.Task, data.Split, validationSplit, missing, size, method, preset, target, levelConditioning, patchSize, minutes,
            steps, patience, seed, device, precision, threads, strength, noData, mirror, memory,
            from, checkpoints.Folder, checkpoints.Every, checkpoints.Resume, output,
        };
        command.SetAction(parsed =>
        {
            bool isPaper = parsed.GetValue(preset) == Preset.Paper;
            string path = parsed.Require(output!);
            OutputPath.EnsureFile(path);
            CheckpointOptions? kept = checkpoints.Read(parsed);
            MLContext ml = Session.Create(terminal, parsed.GetValue(device), parsed.GetValue(seed) ?? 0, parsed.IsVerbose());
            using LoadedModel? start = parsed.GetValue(from) is string model ? LoadedModel.Read(ml, model) : null;
            UNetKind? onePass = start is null
                ? parsed.GetValue(method)?.OnePass
                : (start.Segmentation as UNetSegmentationTransformer)?.Kind;
            if (start is not null && parsed.GetValue(method) is { } asked && asked.OnePass != onePass)
            {
                throw new UsageException(
                    $"--method {Name(asked.OnePass)} does not go with --from: that model's method is {Name(onePass)}, "
                    + "and is trained further as that.");
            }

            if (onePass is not null
                && ((Option[])[preset, target, levelConditioning]).FirstOrDefault(option => parsed.GetResult(option) is not null)
                    is { } other)
            {
                throw new UsageException($"{other.Name} is for the method consensus; it does not go with the method {Name(onePass)}.");
            }

            ConsensusSegmentationEstimator.Options? further = start is null || onePass is not null
                ? null
                : ConsensusSegmentationEstimator.Options.ContinueFrom(start.Segmentation);
            TrainingTarget learned = parsed.GetValue(target) ?? further?.Target ?? TrainingTarget.Consensus;
            LevelConditioning? toldApart = parsed.GetValue(levelConditioning) ?? further?.Network.LevelConditioning;
            ConsensusSegmentationEstimator.Options recipe =
                isPaper
                    ? ConsensusSegmentationEstimator.Options.Paper()
                    : ConsensusSegmentationEstimator.Options.Compact(learned, toldApart ?? LevelConditioning.Channels);
            ConsensusSegmentationEstimator.Options options = further ?? recipe;
            options.Target = learned;
            options.Network = options.Network with
            {
                LevelConditioning = toldApart ?? options.Network.LevelConditioning,
                PatchSize = parsed.GetValue(patchSize) ?? options.Network.PatchSize,
            };
            UNetSegmentationEstimator.Options? unet = onePass is not UNetKind kind ? null
                : start is null ? new() { Kind = kind } : UNetSegmentationEstimator.Options.ContinueFrom(start.Segmentation);
            if (unet is not null)
            {
                unet.Network = unet.Network with { PatchSize = parsed.GetValue(patchSize) ?? unet.Network.PatchSize };
            }

            int side = parsed.GetValue(size) ?? start?.Segmentation.Height ?? (isPaper ? 256 : 64);
            NetworkArguments.EnsureSideFits(side, unet?.Network ?? options.Network);
            CaseSource source = data.Find(terminal, parsed, parsed.GetValue(missing));
            float? withoutData = parsed.GetValue(noData) ?? start?.NoData;
            CaseSource? validation = parsed.GetValue(validationSplit) is { } split
                ? FindValidation(terminal, parsed, data, source, split, validationSplit.Name, parsed.GetValue(missing))
                : null;
            DatasetSplit[] used =
            [
                new(source.Split, source.Cases), .. validation is null ? [] : (DatasetSplit[])[new(validation.Split, validation.Cases)],
            ];
            DatasetSplit[] others = [.. source.Others.Where(other => other.Name != validation?.Split)];
            DatasetGate.Check(terminal, source, used, others, data.CheckCommand(parsed), withoutData, CancellationToken.None);
            AugmentationPolicy augmentation = source.AugmentationAt(
                parsed.GetValue(strength) ?? (isPaper ? AugmentationStrength.Published : AugmentationStrength.Strong),
                parsed.GetValue(mirror));
            return unet is not null
                ? Train(
                    terminal, ml, source, validation, withoutData, augmentation, side,
                    $"{Spelling.Write(unet.Kind)} in one pass", OnePassing, path)
                : Train(
                    terminal, ml, source, validation, withoutData, augmentation, side,
                    $"target {Spelling.Write(options.Target)}", Diffusing, path);

            IEstimator<ITransformer> Diffusing(TrainingDisplay display, CancellationToken cancellation)
            {
                options.Training = Asked(parsed.GetValue(preset) is null ? options.Training : recipe.Training);
                options.MissingRaters = source.MissingRaters;

                options.Levels = Levels(raterIsLevel: options.Target == TrainingTarget.Annotator);
                options.Seed = parsed.GetValue(seed) ?? 0;
                options.Checkpoints = kept;
                options.MemoryLimit = Bytes();
                options.Progress = display;
                options.Cancellation = cancellation;
                return ml.Transforms.ConsensusSegment(options);
            }

            IEstimator<ITransformer> OnePassing(TrainingDisplay display, CancellationToken cancellation)
            {
                unet.Training = Asked(unet.Training);
                unet.MissingRaters = source.MissingRaters;
                unet.Levels = Levels(raterIsLevel: unet.Kind == UNetKind.MultiHead);
                unet.Seed = parsed.GetValue(seed) ?? 0;
                unet.Checkpoints = kept;
                unet.MemoryLimit = Bytes();
                unet.Progress = display;
                unet.Cancellation = cancellation;
                return ml.Transforms.UNetSegment(unet);
            }

            // Where a level is a rater, there are as many as drew. Shares of raters make any number of levels: a model that is trained
            // further keeps its own.
            int? Levels(bool raterIsLevel) =>
                raterIsLevel ? null
                    : start is not null && source.MissingRaters == MissingRaters.Fraction ? start.Segmentation.Levels
                    : source.Raters;

            long? Bytes() => parsed.GetValue(memory) is int megabytes ? megabytes * 1_000_000L : null;

            TrainingOptions Asked(TrainingOptions training) => WithLimits(training, parsed.GetValue(steps), parsed.GetValue(minutes)) with
            {
                Precision = parsed.GetValue(precision) ?? training.Precision,
                Patience = parsed.GetValue(patience) ?? training.Patience,
                Threads = parsed.GetValue(threads) ?? training.Threads,
            };
        });
        return command;
    }

    /// <summary>The cases to choose the best weights by.</summary>
    /// <exception cref="UsageException">There is no such split, or it is that of the training cases.</exception>
    /// <exception cref="InvalidDataException">A group has cases in both splits.</exception>
    private static CaseSource FindValidation(
        Terminal terminal, ParseResult parsed, DataOptions data, CaseSource training, string split, string option, MissingRaters? missing)
    {
        CaseSource found;
        try
        {
            found = data.FindSplit(terminal, parsed, split, missing);
        }
        catch (UsageException exception)
        {
            throw new UsageException(exception.Message.Replace(data.Split.Name, option, StringComparison.Ordinal));
        }

        if (found.Split == training.Split)
        {
            throw new UsageException(
                $"{option} is {split}, the split that is trained on: weights chosen by cases that were trained on "
                + "would not be the best for new ones.");
        }

        HashSet<string> trained = [.. training.Cases.Where(one => !one.IsOwnGroup).Select(one => one.Group)];
        return found.Cases.FirstOrDefault(one => !one.IsOwnGroup && trained.Contains(one.Group)) is { } shared
            ? throw new InvalidDataException(
                $"Case '{shared.Name}' of split '{found.Split}' and cases of split '{training.Split}' are of one group, '{shared.Group}': "
                + "weights chosen by a group that was trained on would not be the best for new ones. Put the whole group in one split.")
            : found;
    }

    private static int Train(
        Terminal terminal,
        MLContext ml,
        CaseSource source,
        CaseSource? validation,
        float? noData,
        AugmentationPolicy augmentation,
        int side,
        string learned,
        Func<TrainingDisplay, CancellationToken, IEstimator<ITransformer>> create,
        string path)
    {
        var display = new TrainingDisplay(terminal);
        using var interruption = new Interruption(() => terminal.Complain(
            "stopping; the best model so far, if a step was done, is saved (Ctrl-C again aborts at once)"));
        IDataView cases = source.View(ml);
        EstimatorChain<ITransformer> pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image", noData: noData))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", height: side, width: side))
            .Append(ml.Transforms.AugmentSlices("Features", augmentation))
            .Append(create(display, interruption.Token));
        string counted = source.Groups == source.Cases.Count ? "" : $", {Formats.Cases(source.Cases.Count, source.Groups)}";
        string chosen = validation is null
            ? ""
            : $"; the best weights are chosen by {Formats.Cases(validation.Cases.Count, validation.Groups)} of split {validation.Split}";
        terminal.Out.WriteLine($"Training on {source.Name} at {side}×{side} pixels{counted}: {source.Raters} raters, {learned}{chosen}.");
        terminal.Out.WriteLine(
            $"The cases take about {Formats.Megabytes(source.MemoryAt(side))} of memory, and are mirrored along "
            + $"{Named(augmentation.Mirror)} (--augment-mirror).");
        using TransformerChain<ITransformer> model = display.Show(Fit);
        Save(ml, model, cases.Schema, path);
        terminal.Out.WriteLine(Summary(path, display.Latest, validation is null ? "the cases set aside" : $"split {validation.Split}"));
        return ExitCode.Success;

        TransformerChain<ITransformer> Fit()
        {
            try
            {
                return validation is null ? pipeline.Fit(cases) : pipeline.Fit(cases, validation.View(ml));
            }
            catch (OperationCanceledException exception) when (interruption.Token.IsCancellationRequested)
            {
                throw new OperationCanceledException("Interrupted before the first training step; there is no model to save.", exception);
            }
        }
    }

    private static string Named(MirrorAxes axes) => axes switch
    {
        MirrorAxes.None => "no axis",
        MirrorAxes.Both => "columns and rows",
        _ => axes == MirrorAxes.Columns ? "columns" : "rows",
    };

    /// <summary>What a method is called at the command: a kind of one-pass U-Net, or else the paper's.</summary>
    private static string Name(UNetKind? onePass) => onePass is null ? "consensus" : OnePass.Single(one => one.OnePass == onePass).Name;

    private static string Summary(string path, TrainingProgress? latest, string validated)
    {
        string length = string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(path).Length / 1e6:0.0} MB");
        return latest is null
            ? $"Wrote {path} ({length})."
            : $"Wrote {path} ({length}): {(latest.Step == 1 ? "1 step" : $"{latest.Step} steps")} in {Formats.Duration(latest.Elapsed)}"
                + (latest.BestValidationScore is double best ? $", soft Dice {Formats.Score(best)} on {validated}." : ".");
    }

    /// <summary>
    /// Writes the model; where that fails after all, keeps it in the temporary folder, for training may have taken hours.
    /// </summary>
    private static void Save(MLContext ml, ITransformer model, DataViewSchema schema, string path)
    {
        try
        {
            Write(path);
        }
        catch (IOException exception)
        {
            string refuge = Path.Combine(Path.GetTempPath(), $"consensus-{Guid.NewGuid():N}.zip");
            try
            {
                Write(refuge);
            }
            catch (IOException)
            {
                throw exception;
            }

            throw new IOException($"{exception.Message.TrimEnd('.')}; the trained model was kept as '{refuge}'.", exception);
        }

        void Write(string file) => Interruption.Write(() => AtomicFile.Write(file, stream => ml.Model.Save(model, schema, stream)));
    }

    private static TrainingOptions WithLimits(TrainingOptions training, int? steps, double? minutes) => (steps, minutes) switch
    {
        (null, null) => training,
        _ => training with { Steps = steps, TimeLimit = minutes is double limit ? TimeSpan.FromMinutes(limit) : null },
    };
}
