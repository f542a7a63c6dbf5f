using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>Everything that a training needs before its first step. <see cref="FitPreparation"/> makes it.</summary>
internal sealed record PreparedFit : IDisposable
{
    /// <summary>The size of the model, and its network.</summary>
    public required ModelShape Shape { get; init; }

    /// <summary>How to train, with the share of the cases that is set aside (<see cref="TrainingOptions.ShareSetAside"/>).</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>The training cases.</summary>
    public required IReadOnlyList<TrainingCase> Cases { get; init; }

    /// <summary>The cases that decide which weights are best; null to set some of <see cref="Cases"/> aside for that.</summary>
    public required IReadOnlyList<TrainingCase>? Validation { get; init; }

    /// <summary>The axes along which the slices lie in their volumes, in order; empty for single slices.</summary>
    public required IReadOnlyList<int> VolumeAxes { get; init; }

    /// <summary>Where to train.</summary>
    public required TorchDevice Device { get; init; }

    /// <summary>How to augment the cases; null for no augmentation.</summary>
    public required AugmentationPolicy? Augmentation { get; init; }

    /// <summary>The values that fill the pixels outside a slice when augmentation moves it, one value for each channel.</summary>
    public required IReadOnlyList<float> Padding { get; init; }

    /// <summary>Seed of everything random.</summary>
    public required int Seed { get; init; }

    /// <summary>Where to keep checkpoints of the run; null for nowhere.</summary>
    public required CheckpointFolder? Checkpoints { get; init; }

    /// <summary>Holds the cases.</summary>
    public required CaseStore Store { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Store.Dispose();
        Checkpoints?.Dispose();
    }
}
