using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>Draws the samples of a step; the same step and seed always give the same samples.</summary>
/// <param name="description">The model.</param>
/// <param name="target">What it learns of the raters.</param>
/// <param name="options">How to train.</param>
/// <param name="augmentation">Random changes; null for none.</param>
/// <param name="padding">The value of pixels from outside the slice when it is moved, for each channel.</param>
/// <param name="seed">The seed.</param>
/// <param name="cases">The cases to draw from.</param>
/// <param name="part">The images of a step that this process computes; null for all.</param>
internal sealed class UNetBatchSource(
    UNetDescription description,
    OnePassTarget target,
    TrainingOptions options,
    AugmentationPolicy? augmentation,
    IReadOnlyList<float> padding,
    int seed,
    IReadOnlyList<TrainingCase> cases,
    BatchPart? part = null)
{
    private readonly BatchPart _part = part ?? BatchPart.WholeOf(options.BatchSize);
    private readonly CaseSampler _cases = new(
        description.Height, description.Width, description.ImageChannels, part ?? BatchPart.WholeOf(options.BatchSize), augmentation,
        padding, seed, cases);

    /// <inheritdoc cref="BatchSource.Draw"/>
    public Func<Device, UNetBatch> Draw(long step)
    {
        int batch = _part.Count, count = target.Count, pixels = description.Height * description.Width;
        var targets = new float[batch * count * pixels];
        var present = new float[batch * count];
        var inputs = new float[batch * target.Inputs];
        float[] images = _cases.Draw(
            step,
            (source, random) => target.Draw(source.Masks.Raters, random),
            (i, source, moved, drawn) => target.Fill(
                new(moved, source.Raters, pixels),
                drawn,
                new(
                    targets.AsSpan(i * count * pixels, count * pixels), present.AsSpan(i * count, count),
                    inputs.AsSpan(i * target.Inputs, target.Inputs), pixels)));
        return device =>
        {
            using var scope = NewDisposeScope();
            return new(
                images.ToTensor(device, batch, description.ImageChannels, description.Height, description.Width).MoveToOuterDisposeScope(),
                targets.ToTensor(device, batch, count, description.Height, description.Width).MoveToOuterDisposeScope(),
                target.CanBeMissing ? present.ToTensor(device, batch, count).MoveToOuterDisposeScope() : null,
                target.Inputs > 0 ? inputs.ToTensor(device, batch, target.Inputs).MoveToOuterDisposeScope() : null);
        };
    }
}
