using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Consensus.Imaging.Augmentation;
using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>
/// What every segmentation estimator has to have before its first step: the cases, where to train on them, how to vary them, and
/// where to keep the run.
/// </summary>
internal sealed class PreparedFit : IDisposable
{
    // Far from what normalised images have, near what 8 bits give.
    private const double LargeAverage = 10;

    private readonly CaseStore _store;

    private PreparedFit(
        IHostEnvironment environment,
        IChannel channel,
        IDataView input,
        IDataView? validation,
        ISegmentationOptions options)
    {
        var reader = new TrainingCaseReader(input, options);
        SliceLimits.Check(reader.Channels, reader.Height, reader.Width, levels: 1);
        OptionsCheck.CheckSize(options.FeaturesColumnName, reader.Height, reader.Width, options.Network);
        TrainingCaseReader? validationReader = validation is null ? null : ReaderOf(validation, options, reader);
        (Height, Width, ImageChannels, Network) = (
            reader.Height, reader.Width, reader.Channels, options.Network.For(reader.Height, reader.Width));

        // Before anything is read, as far as it can be told without the number of raters, which matters little.
        OptionsCheck.CheckWeights(options.Layout(Height, Width, ImageChannels, options.Levels ?? 1, Network), Network);

        Device = TorchDevice.Choose(options.Device, environment.GpuDeviceId(), environment.FallbackToCpu());
        channel.Info(MessageSensitivity.None, $"Device: {Device.Device} ({Device.Reason})");
        OptionsCheck.CheckDevice(
            $"{nameof(options.Training)}.{nameof(options.Training.Precision)}", options.Training.Precision, Device.Device);
        OptionsCheck.CheckDevice(
            $"{nameof(options.Training)}.{nameof(options.Training.ValidationSampling)}.{nameof(options.Training.Precision)}",
            options.Training.ValidationSampling.Precision,
            Device.Device);
        Augmentation = reader.Features.AugmentationPolicy();
        if (Augmentation is null)
        {
            channel.Warning(
                MessageSensitivity.Schema,
                $"Augmentation: none, because column '{reader.Features.Name}' declares no policy (use "
                + "AugmentSlices); small data sets need it");
        }
        else
        {
            channel.Info(MessageSensitivity.None, $"Augmentation: {Augmentation}");
            channel.Info(MessageSensitivity.None, Augmentation.Mirror switch
            {
                MirrorAxes.None => "Mirroring: none",
                MirrorAxes.Both => "Mirroring: along columns and along rows; where that turns what only lies on one side, "
                    + "choose AugmentationPolicy.Mirror",
                MirrorAxes one => $"Mirroring: along {(one == MirrorAxes.Columns ? "columns" : "rows")} only",
            });
        }

        // Before hours may be spent: is there a place to keep them, and is it this run's alone?
        long limit = options.MemoryLimit ?? CaseStore.DefaultLimit;
        _store = new(limit);
        Checkpoints = options.Checkpoints is null
            ? null
            : CheckpointFolder.Open(options.Checkpoints, line => channel.Warning(MessageSensitivity.UserData, line));
        try
        {
            (Cases, Levels) = reader.Read(_store, line => channel.Warning(MessageSensitivity.UserData, line), Expect, options.Cancellation);
            VolumeAxes = AxesOf(reader.VolumeAxes, options.StartFrom, channel);
            OptionsCheck.CheckWeights(options.Layout(Height, Width, ImageChannels, Levels, Network), Network);
            WarnOfLargeValues(channel, reader.Features.Name, reader.AverageMagnitude);
            Validation = validationReader is null ? null : ReadValidation(validationReader, _store, channel, Cases, options);
            WarnOfSingleGroup(channel, options.Training);
            Seed = options.Seed ?? environment.Seed() ?? 0;
            channel.Info(MessageSensitivity.None, string.Create(
                CultureInfo.InvariantCulture,
                $"Data: {Cases.Count} cases of {ImageChannels}×{Height}×{Width} (channels × height × width), "
                + $"{RatersOfCases.Describe(Cases, Levels)}, seed {Seed}"));
            channel.Info(MessageSensitivity.None, string.Create(
                CultureInfo.InvariantCulture,
                $"Memory: the cases take {_store.Bytes / 1e6:0.#} MB, "
                + $"{(_store.IsOnDisk ? "in a temporary file that training reads them from" : "in memory")}"));
            if (options.Training.Steps is int steps && steps <= options.Training.WarmUpSteps)
            {
                channel.Warning(MessageSensitivity.None, TooShort(options.Training, steps, "is to end"));
            }

            Padding = reader.Features.RawZero() is { } zero && zero.Length == ImageChannels ? zero : new float[ImageChannels];
        }
        catch
        {
            Dispose();
            throw;
        }

        void Expect(long bytes)
        {
            channel.Info(MessageSensitivity.None, string.Create(
                CultureInfo.InvariantCulture,
                $"Memory: the cases will take about {bytes / 1e6:0.#} MB, of {limit / 1e6:0.#} MB at most (MemoryLimit)"));
            if (bytes > limit)
            {
                channel.Warning(MessageSensitivity.None, string.Create(
                    CultureInfo.InvariantCulture,
                    $"The cases will take about {bytes / 1e6:0.#} MB, more than the {limit / 1e6:0.#} MB that they may in memory "
                    + $"(MemoryLimit): they are kept in a temporary file, and training reads them from there; it makes the same model"));
                _store.MoveToDisk();
            }
        }
    }

    /// <summary>Rows of a slice.</summary>
    public int Height { get; }

    /// <summary>Columns of a slice.</summary>
    public int Width { get; }

    /// <summary>Channels of a slice.</summary>
    public int ImageChannels { get; }

    /// <summary>The network's shape, with what is chosen by the slices' size.</summary>
    public NetworkOptions Network { get; }

    /// <summary>Number of levels C.</summary>
    public int Levels { get; }

    public IReadOnlyList<TrainingCase> Cases { get; }

    /// <summary>The axes along which the slices lie in their volumes, in order; none of single slices.</summary>
    public IReadOnlyList<int> VolumeAxes { get; }

    /// <summary>The cases to choose the best weights by; null where some of <see cref="Cases"/> are to be set aside for that.</summary>
    public IReadOnlyList<TrainingCase>? Validation { get; }

    public TorchDevice Device { get; }

    /// <summary>Null for none.</summary>
    public AugmentationPolicy? Augmentation { get; }

    /// <summary>What comes in from outside when a slice is moved, one value a channel.</summary>
    public IReadOnlyList<float> Padding { get; }

    public int Seed { get; }

    /// <summary>Held until this is disposed; null for nowhere.</summary>
    public CheckpointFolder? Checkpoints { get; }

    /// <summary>Reads and checks everything, and tells the log of it.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="channel">The log.</param>
    /// <param name="input">The training cases.</param>
    /// <param name="validation">The cases to choose the best weights by; null to set some of the training cases aside.</param>
    /// <param name="options">The options, but for their validation set.</param>
    public static PreparedFit Prepare(
        IHostEnvironment environment,
        IChannel channel,
        IDataView input,
        IDataView? validation,
        ISegmentationOptions options) =>
        new(environment, channel, input, validation, options);

    /// <summary>Tells the log what came of the training.</summary>
    public static void Conclude(IChannel channel, TrainingOptions options, SegmentationModel model, TrainingHistory history)
    {
        // Where the number of steps was given, that has been said before.
        if (history.Steps <= options.WarmUpSteps && !(options.Steps <= options.WarmUpSteps))
        {
            channel.Warning(MessageSensitivity.None, TooShort(options, history.Steps, "ended"));
        }

        channel.Info(
            MessageSensitivity.None,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Trained {model.ParameterCount:N0} parameters in {history.Steps} steps; kept those of step {history.BestStep}")
                + (history.BestValidationScore is double score
                    ? string.Create(CultureInfo.InvariantCulture, $", validation soft Dice {score:F4}")
                    : ""));
    }

    /// <summary>The columns that a segmentation adds, before there is data.</summary>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public static SchemaShape OutputSchema(SchemaShape inputSchema, ISegmentationOptions options)
    {
        inputSchema.Require(options.FeaturesColumnName, ColumnContract.IsSingleVector, TrainingCaseReader.ExpectedFeatures);
        inputSchema.RequireAnnotations(options.AnnotationsColumnName);
        return inputSchema.With(
            ColumnContract.VectorShape(options.SoftMapColumnName),
            ColumnContract.VectorShape(options.ConsensusMapsColumnName),
            ColumnContract.VectorShape(options.UncertaintyColumnName),
            ColumnContract.VariableVectorShape(options.SamplesColumnName));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _store.Dispose();
        Checkpoints?.Dispose();
    }

    /// <summary>
    /// What the model is to remember of how its volumes were cut: single slices say nothing, and leave what a model to
    /// start from remembers.
    /// </summary>
    private static IReadOnlyList<int> AxesOf(IReadOnlyList<int> axes, ITransformer? start, IChannel channel)
    {
        IReadOnlyList<int> before = start is null ? [] : StartingModel.Find<SegmentationTransformer>(start, nameof(start)).VolumeAxes;
        if (axes.Count == 0)
        {
            return before;
        }

        if (before.Count > 0 && !before.SequenceEqual(axes))
        {
            channel.Warning(
                MessageSensitivity.None,
                $"Slices lie along {SegmentationTransformer.Describe(axes)} of their volumes, "
                + $"but the model to start from was trained along {SegmentationTransformer.Describe(before)}");
        }

        if (axes.Count > 1)
        {
            channel.Warning(
                MessageSensitivity.None,
                $"Slices lie along {SegmentationTransformer.Describe(axes)} of their volumes: "
                + "the model cannot tell how to cut a volume, and a prediction of one must say it");
        }
        else
        {
            channel.Info(MessageSensitivity.None, $"Slices lie along {SegmentationTransformer.Describe(axes)} of their volumes");
        }

        return axes;
    }

    private static TrainingCaseReader ReaderOf(IDataView validation, ISegmentationOptions options, TrainingCaseReader training)
    {
        TrainingCaseReader reader;
        try
        {
            reader = new(validation, options);
        }
        catch (ArgumentException exception)
        {
            throw new ArgumentException($"The validation set: {exception.Message}", exception);
        }

        return (reader.Channels, reader.Height, reader.Width) == (training.Channels, training.Height, training.Width)
            ? reader
            : throw new ArgumentException(
                $"Column '{reader.Features.Name}' is {reader.Channels}×{reader.Height}×{reader.Width} (channels × height × width) "
                + $"in the validation set, but {training.Channels}×{training.Height}×{training.Width} in the training set; "
                + "both must be transformed alike (pipeline.Fit(train, validation) does that).");
    }

    /// <exception cref="InvalidDataException">A row does not fit, or a group is in both sets.</exception>
    private static IReadOnlyList<TrainingCase> ReadValidation(
        TrainingCaseReader reader,
        CaseStore store,
        IChannel channel,
        IReadOnlyList<TrainingCase> training,
        ISegmentationOptions options)
    {
        IReadOnlyList<TrainingCase> validation;
        try
        {
            validation = reader.ReadValidation(
                store, training[0].Masks.Raters, line => channel.Warning(MessageSensitivity.UserData, line), options.Cancellation);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"The validation set: {exception.Message}", exception);
        }

        // A name that only says which case it is may come again in another folder; a patient's or a volume's may not.
        ILookup<string, TrainingCase> trained = training.ToLookup(one => one.Group, StringComparer.Ordinal);
        foreach (TrainingCase one in validation)
        {
            if (trained[one.Group].FirstOrDefault(other => !one.IsOwnGroup || !other.IsOwnGroup) is { } other)
            {
                throw new InvalidDataException(
                    $"{one.Name} of the validation set and {other.Name} of the training set are both of the group '{one.Group}': weights "
                    + "chosen by cases that were trained on would not be the best for new ones. Take the group out of one of the sets.");
            }
        }

        Dictionary<string, TrainingCase> images = [];
        foreach (TrainingCase one in training)
        {
            images.TryAdd(ImageOf(one), one);
        }

        (TrainingCase Here, TrainingCase There)[] twins =
            [.. validation.Where(one => images.ContainsKey(ImageOf(one))).Select(one => (one, images[ImageOf(one)]))];
        if (twins.Length > 0)
        {
            channel.Warning(
                MessageSensitivity.UserData,
                $"{twins.Length} of {validation.Count} validation cases have the very image of a training case, and say nothing of new "
                + $"ones; the first: {twins[0].Here.Name}, as {twins[0].There.Name}.");
        }

        return validation;

        static string ImageOf(TrainingCase one) => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(one.Features.AsSpan())));
    }

    private void WarnOfSingleGroup(IChannel channel, TrainingOptions training)
    {
        if (Validation is null && training.ValidationFraction > 0 && Cases.Count > 1 && Cases.All(one => one.Group == Cases[0].Group))
        {
            channel.Warning(
                MessageSensitivity.UserData,
                $"All {Cases.Count} cases are of the group '{Cases[0].Group}', so that none can be set aside: the last weights are kept. "
                + "Give a validation set to choose the best by.");
        }
    }

    // The moving average of the weights needs no such word: of few steps it takes fewer (TrainingOptions.EmaDecay).
    private static string TooShort(TrainingOptions options, int steps, string ends) => string.Create(
        CultureInfo.InvariantCulture,
        $"Training {ends} after {(steps == 1 ? "1 step" : $"{steps} steps")}, within its warm-up of {options.WarmUpSteps} steps "
        + $"(Training.{nameof(options.WarmUpSteps)}), in which the learning rate has not risen to "
        + $"{options.LearningRate}: the model has learned little. Give it more steps or time.");

    private static void WarnOfLargeValues(IChannel channel, string column, double average)
    {
        if (average > LargeAverage)
        {
            channel.Warning(
                MessageSensitivity.Schema,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Column '{column}' has values around {average:0}; the network learns from values around 1: use NormalizeSlices, "
                    + $"or ExtractPixels with scaleImage: 1f / 255"));
        }
    }
}
