using Consensus.Imaging.Augmentation;
using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>Reads and checks everything that a training needs before its first step, and reports it to the log.</summary>
internal static class FitPreparation
{
    /// <summary>Prepares a training.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="channel">The log.</param>
    /// <param name="input">The training cases.</param>
    /// <param name="validation">The cases that decide which weights are best; null to set some training cases aside for that.</param>
    /// <param name="options">The options.</param>
    /// <param name="startAxes">The axes of the slices that the model to start from was trained on; empty where there are none.</param>
    public static PreparedFit Run(
        IHostEnvironment environment,
        IChannel channel,
        IDataView input,
        IDataView? validation,
        IFitOptions options,
        IReadOnlyList<int> startAxes)
    {
        var reader = new TrainingCaseReader(input, options);
        SliceLimits.Check(reader.Channels, reader.Height, reader.Width, levels: 1);
        NetworkCheck.CheckSize(options.FeaturesColumnName, reader.Height, reader.Width, options.Network);
        TrainingCaseReader? validationReader = validation is null ? null : ValidationCases.CreateReader(validation, options, reader);

        // Checked before any case is read. The number of levels is not known yet, but it hardly changes the number of weights.
        var shape = new ModelShape(
            reader.Height, reader.Width, reader.Channels, options.Levels ?? 1, options.Network.For(reader.Height, reader.Width));
        CheckWeights(options, shape);
        TorchDevice device = ChooseDevice(environment, channel, options);
        AugmentationPolicy? augmentation = reader.Features.AugmentationPolicy();
        FitLog.Augmentation(channel, reader.Features.Name, augmentation);

        // A training may take hours. So check first that its checkpoints can be kept, and that no other run uses their folder.
        long limit = options.MemoryLimit ?? CaseStore.DefaultLimit / options.Processes.LocalSize;
        var store = new CaseStore(limit);
        CheckpointFolder? checkpoints = options.Checkpoints is null || options.Processes.Rank > 0
            ? null
            : CheckpointFolder.Open(
                options.Checkpoints, line => channel.Warning(MessageSensitivity.UserData, line), cancellation: options.Cancellation);
        try
        {
            (IReadOnlyList<TrainingCase> cases, int levels, IReadOnlyList<SegmentedStructure>? structures) = reader.Read(
                store, line => channel.Warning(MessageSensitivity.UserData, line), Expect, options.Cancellation);
            shape = shape with { Levels = levels, Structures = structures };
            ManifestColumns columns = options.CreateManifest(shape, seed: 0, ManifestTraining.Untrained(options.Training)).Columns;
            StructuresCheck.Check(structures, shape.Height, shape.Width, columns.Outputs(structures));
            IReadOnlyList<int> axes = FitLog.VolumeAxes(channel, reader.VolumeAxes, startAxes);
            CheckWeights(options, shape);
            FitLog.LargeValues(channel, reader.Features.Name, reader.AverageMagnitude);
            IReadOnlyList<TrainingCase>? validationCases = validationReader is null
                ? null
                : ValidationCases.Read(validationReader, store, channel, cases, options.Cancellation);
            double aside = options.Training.ShareSetAside(TrainingCase.Groups(cases), onGpu: device.Device.type != DeviceType.CPU);
            TrainingOptions training = options.Training with { ValidationFraction = aside };
            FitLog.SingleGroup(channel, cases, isSplit: validationCases is null && training.ValidationFraction > 0);
            int seed = options.Seed ?? environment.Seed() ?? 0;
            FitLog.Data(channel, shape, cases, seed);
            FitLog.Memory(channel, store);
            augmentation = Oriented(channel, augmentation, shape, cases);
            FitLog.PlannedSteps(channel, options.Training);
            return new()
            {
                Shape = shape,
                Training = training,
                Cases = cases,
                Validation = validationCases,
                VolumeAxes = axes,
                Device = device,
                Augmentation = augmentation,
                Padding = reader.Features.RawZero() is { } zero && zero.Length == shape.ImageChannels
                    ? zero
                    : new float[shape.ImageChannels],
                Seed = seed,
                Checkpoints = checkpoints,
                Store = store,
            };
        }
        catch
        {
            store.Dispose();
            checkpoints?.Dispose();
            throw;
        }

        void Expect(long bytes)
        {
            if (FitLog.ExpectedMemory(channel, bytes, limit) > limit)
            {
                store.MoveToDisk();
            }
        }
    }

    /// <summary>The policy with the rotation that the cases allow.</summary>
    private static AugmentationPolicy? Oriented(
        IChannel channel,
        AugmentationPolicy? policy,
        ModelShape shape,
        IReadOnlyList<TrainingCase> cases)
    {
        if (policy is not { AnyRotationIfUnoriented: true, RotationDegrees: < 180, Mirror: MirrorAxes.Both }
            || shape.Height != shape.Width
            || TrainingCase.Groups(cases) < CommonOrientation.LeastGroups)
        {
            return policy;
        }

        double common = CommonOrientation.Measure(cases, shape.ImageChannels, shape.Height);
        FitLog.Orientation(channel, common, policy.RotationDegrees);
        return common >= CommonOrientation.Least ? policy : policy with { RotationDegrees = 180 };
    }

    private static void CheckWeights(IFitOptions options, ModelShape shape) => NetworkCheck.CheckWeights(
        options.CreateManifest(shape, seed: 0, ManifestTraining.Untrained(options.Training)).Description.Layout(), shape.Network);

    private static TorchDevice ChooseDevice(IHostEnvironment environment, IChannel channel, IFitOptions options)
    {
        TorchDevice device = TorchDevice.Choose(options.Device, environment.GpuDeviceId(), environment.FallbackToCpu());
        channel.Info(MessageSensitivity.None, $"Device: {device.Device} ({device.Reason})");
        SamplingCheck.CheckDevice(
            $"{nameof(options.Training)}.{nameof(options.Training.Precision)}", options.Training.Precision, device.Device);
        SamplingCheck.CheckDevice(
            $"{nameof(options.Training)}.{nameof(options.Training.ValidationSampling)}.{nameof(options.Training.Precision)}",
            options.Training.ValidationSampling.Precision,
            device.Device);
        return device;
    }
}
