using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Objectives;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Loop;

/// <summary>Trains diffusion models.</summary>
/// <param name="description">The model to train.</param>
/// <param name="options">How to train.</param>
/// <param name="augmentation">Random changes of the samples; null for none.</param>
/// <param name="padding">The value of pixels from outside the slice when it is moved, for each channel: raw 0 after normalisation.</param>
/// <param name="seed">Seed of everything random.</param>
/// <param name="device">Where to train.</param>
internal sealed class ConsensusTrainer(
    ModelDescription description,
    TrainingOptions options,
    AugmentationPolicy? augmentation,
    IReadOnlyList<float> padding,
    int seed,
    Device device)
{
    /// <inheritdoc cref="TrainingLoop{TModel}.StartFrom"/>
    public byte[]? StartFrom { get; init; }

    /// <inheritdoc cref="TrainingLoop{TModel}.Checkpoints"/>
    public CheckpointFolder? Checkpoints { get; init; }

    /// <inheritdoc cref="TrainingLoop{TModel}.Validation"/>
    public IReadOnlyList<TrainingCase>? Validation { get; init; }

    /// <inheritdoc cref="TrainingLoop{TModel}.Train"/>
    public (ConsensusModel Model, TrainingHistory History) Train(
        IReadOnlyList<TrainingCase> cases,
        IProgress<TrainingProgress>? progress,
        Action<string>? log,
        CancellationToken cancellation)
    {
        using var objective = new DiffusionObjective(description, options, augmentation, padding, seed, device);
        var loop = new TrainingLoop<ConsensusModel>(objective, options, augmentation, padding, seed, device)
        {
            StartFrom = StartFrom,
            Checkpoints = Checkpoints,
            Validation = Validation,
        };
        return loop.Train(cases, progress, log, cancellation);
    }
}
