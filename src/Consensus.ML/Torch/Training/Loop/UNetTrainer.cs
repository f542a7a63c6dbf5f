using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Training.Objectives;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Loop;

/// <summary>Trains one-pass U-Nets.</summary>
/// <param name="description">The model to train.</param>
/// <param name="options">How to train; options for diffusion only are ignored.</param>
/// <param name="augmentation">Random changes of the samples; null for none.</param>
/// <param name="padding">The value of pixels from outside the slice when it is moved, for each channel: raw 0 after normalisation.</param>
/// <param name="seed">Seed of everything random.</param>
/// <param name="device">Where to train.</param>
internal sealed class UNetTrainer(
    UNetDescription description,
    TrainingOptions options,
    AugmentationPolicy? augmentation,
    IReadOnlyList<float> padding,
    int seed,
    Device device)
    : SegmentationTrainer<UNetModel>(
        memberSeed => new UNetObjective(description, options, augmentation, padding, memberSeed, device),
        options,
        augmentation,
        padding,
        seed,
        device);
