using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>The samples of one step of a one-pass U-Net: B images and the target of each output.</summary>
/// <param name="Images">B×C×H×W, normalised and augmented.</param>
/// <param name="Targets">B×heads×H×W in [0, 1].</param>
/// <param name="Present">B×heads: 1 if there is a target, 0 if a rater has not drawn the case; null if all targets are there.</param>
internal sealed record UNetBatch(Tensor Images, Tensor Targets, Tensor? Present)
{
    /// <summary>Some of its images: views, owned by the surrounding dispose scope.</summary>
    public UNetBatch Slice(long first, long count) =>
        new(Images.narrow(0, first, count), Targets.narrow(0, first, count), Present?.narrow(0, first, count));
}

/// <summary>Draws the samples of a step; the same step and seed always give the same samples.</summary>
internal sealed class UNetBatchSource(
    UNetDescription description,
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
        int batch = _part.Count, heads = description.Heads, pixels = description.Height * description.Width;
        var targets = new float[batch * heads * pixels];
        var present = new float[batch * heads];
        float[] images = _cases.Draw(step, Choose, (i, source, moved, rater) =>
            Fill(source, moved, rater, targets.AsSpan(i * heads * pixels, heads * pixels), present.AsSpan(i * heads, heads)));
        return device =>
        {
            using var scope = NewDisposeScope();
            return new(
                images.ToTensor(device, batch, description.ImageChannels, description.Height, description.Width).MoveToOuterDisposeScope(),
                targets.ToTensor(device, batch, heads, description.Height, description.Width).MoveToOuterDisposeScope(),
                description.Kind == UNetKind.MultiHead ? present.ToTensor(device, batch, heads).MoveToOuterDisposeScope() : null);
        };
    }

    /// <summary>The rater whose mask is the target; the other kinds take all raters and draw nothing.</summary>
    private int Choose(TrainingCase source, Random random) =>
        description.Kind is UNetKind.LabelSampling or UNetKind.MonteCarloDropout ? random.Next(source.Masks.Raters) : 0;

    /// <summary>Fills the targets of the outputs for one image.</summary>
    private void Fill(TrainingCase source, ReadOnlySpan<byte> masks, int rater, Span<float> targets, Span<float> present)
    {
        int raters = source.Masks.Raters, pixels = description.Height * description.Width;
        switch (description.Kind)
        {
            case UNetKind.Levels:
                for (int level = 1; level <= description.Levels; level++)
                {
                    AtLeast(masks, raters, ConsensusLabels.VotesNeeded(level, description.Levels, raters), targets.Slice(
                        (level - 1) * pixels, pixels));
                }

                break;
            case UNetKind.MajorityVote:
                AtLeast(masks, raters, (raters / 2) + 1, targets);
                break;
            case UNetKind.SoftLabel:
                for (int pixel = 0; pixel < pixels; pixel++)
                {
                    targets[pixel] = (float)Votes(masks, raters, pixel, pixels) / raters;
                }

                break;
            case UNetKind.MultiHead:
                for (int mask = 0; mask < raters; mask++)
                {
                    Copy(masks.Slice(mask * pixels, pixels), targets.Slice(source.Raters[mask] * pixels, pixels));
                    present[source.Raters[mask]] = 1;
                }

                break;
            case UNetKind.LabelSampling or UNetKind.MonteCarloDropout:
                Copy(masks.Slice(rater * pixels, pixels), targets);
                break;
            default:
                throw new InvalidOperationException($"The kind {description.Kind} is unknown.");
        }
    }

    private static void AtLeast(ReadOnlySpan<byte> masks, int raters, int needed, Span<float> target)
    {
        for (int pixel = 0; pixel < target.Length; pixel++)
        {
            target[pixel] = Votes(masks, raters, pixel, target.Length) >= needed ? 1 : 0;
        }
    }

    private static int Votes(ReadOnlySpan<byte> masks, int raters, int pixel, int pixels)
    {
        int votes = 0;
        for (int rater = 0; rater < raters; rater++)
        {
            votes += masks[(rater * pixels) + pixel];
        }

        return votes;
    }

    private static void Copy(ReadOnlySpan<byte> mask, Span<float> target)
    {
        for (int pixel = 0; pixel < target.Length; pixel++)
        {
            target[pixel] = mask[pixel];
        }
    }
}
