using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Loop;
using TorchSharp;

namespace Consensus.ML.Benchmarks;

/// <summary>A training of Compact at 64 pixels on made-up cases, whose steps take as long as those on real cases.</summary>
internal static class CompactTraining
{
    private const int Size = 64, Levels = 7, Count = 23;

    /// <summary>The cases to train on.</summary>
    public static TrainingCase[] Cases { get; } = SomeCases(Count, seed: 0);

    /// <summary>A trainer on the CPU. Nothing is set aside.</summary>
    /// <param name="change">What differs from the options of Compact.</param>
    /// <param name="validation">The cases to validate on; null for none.</param>
    /// <param name="members">The number of networks.</param>
    /// <param name="checkpoints">The folder of checkpoints; null for none.</param>
    public static ConsensusTrainer Trainer(
        Func<TrainingOptions, TrainingOptions> change,
        TrainingCase[]? validation = null,
        int members = 1,
        CheckpointFolder? checkpoints = null)
    {
        ConsensusSegmentationEstimator.Options compact = ConsensusSegmentationEstimator.Options.Compact();
        var description = new ModelDescription
        {
            Height = Size, Width = Size, ImageChannels = 1, Levels = Levels, Target = TrainingTarget.Consensus,
            Network = compact.Network.For(Size, Size), Diffusion = compact.Diffusion,
        };
        return new(description, change(compact.Training with { TimeLimit = null }), new AugmentationPolicy(), [0f], seed: 0, torch.CPU)
        {
            Members = members, Validation = validation ?? [], Checkpoints = checkpoints,
        };
    }

    /// <summary>Cases of random values and masks.</summary>
    public static TrainingCase[] SomeCases(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(number =>
        {
            var masks = new byte[Levels * Size * Size];
            random.NextBytes(masks);
            return new TrainingCase($"{number}", [.. Enumerable.Range(0, Size * Size).Select(_ => random.NextSingle())], new(
                Levels, Size, Size, [.. masks.Select(value => (byte)(value & 1))]));
        })];
    }
}
