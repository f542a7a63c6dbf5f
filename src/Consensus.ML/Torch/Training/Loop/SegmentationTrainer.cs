using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Objectives;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Loop;

/// <summary>Trains a model of one kind. Each kind adds what a step learns.</summary>
/// <typeparam name="TModel">The kind of model.</typeparam>
/// <param name="createObjective">Makes what a step learns, from the seed of a network; a run disposes it.</param>
/// <param name="options">How to train.</param>
/// <param name="augmentation">Random changes of the samples; null for none.</param>
/// <param name="padding">The value of pixels from outside the slice when it is moved, for each channel: raw 0 after normalisation.</param>
/// <param name="seed">Seed of everything random.</param>
/// <param name="device">Where to train.</param>
internal abstract class SegmentationTrainer<TModel>(
    Func<int, ITrainingObjective<TModel>> createObjective,
    TrainingOptions options,
    AugmentationPolicy? augmentation,
    IReadOnlyList<float> padding,
    int seed,
    Device device)
    where TModel : SegmentationModel
{
    /// <inheritdoc cref="TrainingLoop{TModel}.StartFrom"/>
    public IReadOnlyList<byte[]>? StartFrom { get; init; }

    /// <inheritdoc cref="TrainingLoop{TModel}.Members"/>
    public int Members { get; init; } = 1;

    /// <inheritdoc cref="TrainingLoop{TModel}.Processes"/>
    public ICollective Processes { get; init; } = OneProcess.Instance;

    /// <inheritdoc cref="TrainingLoop{TModel}.Checkpoints"/>
    public CheckpointFolder? Checkpoints { get; init; }

    /// <inheritdoc cref="TrainingLoop{TModel}.OnDevice"/>
    public bool? OnDevice { get; init; }

    /// <inheritdoc cref="TrainingLoop{TModel}.Validation"/>
    public IReadOnlyList<TrainingCase>? Validation { get; init; }

    /// <inheritdoc cref="TrainingLoop{TModel}.Train"/>
    public (TModel Model, TrainingHistory History) Train(
        IReadOnlyList<TrainingCase> cases,
        IProgress<TrainingProgress>? progress,
        Action<string>? log,
        CancellationToken cancellation)
    {
        var loop = new TrainingLoop<TModel>(createObjective, options, augmentation, padding, seed, device)
        {
            StartFrom = StartFrom,
            Members = Members,
            Processes = Processes,
            Checkpoints = Checkpoints,
            OnDevice = OnDevice,
            Validation = Validation,
        };
        return loop.Train(cases, progress, log, cancellation);
    }
}
