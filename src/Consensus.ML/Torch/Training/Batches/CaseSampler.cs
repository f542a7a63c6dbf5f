using Consensus.Imaging.Augmentation;
using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>Chooses and augments the cases of a step; the same step and seed always give the same cases and changes.</summary>
/// <param name="height">Rows of a slice.</param>
/// <param name="width">Columns of a slice.</param>
/// <param name="channels">Channels of a slice.</param>
/// <param name="part">The images of a step that this process computes.</param>
/// <param name="augmentation">Random changes; null for none.</param>
/// <param name="padding">The value of pixels from outside the slice when it is moved, for each channel.</param>
/// <param name="seed">The seed.</param>
/// <param name="cases">The cases to draw from.</param>
internal sealed class CaseSampler(
    int height,
    int width,
    int channels,
    BatchPart part,
    AugmentationPolicy? augmentation,
    IReadOnlyList<float> padding,
    int seed,
    IReadOnlyList<TrainingCase> cases)
{
    private long _orderEpoch = -1;
    private int[] _order = [];

    // The unpacked masks of one case. Only one thread draws at a time.
    private byte[] _unpacked = [];

    /// <summary>Makes the targets of one image.</summary>
    /// <param name="index">Its place among the images that are returned, from 0.</param>
    /// <param name="source">The case of the image.</param>
    /// <param name="masks">
    /// Raters × H × W, transformed like the image, at the slice's size. Values behind them belong to other cases.
    /// </param>
    /// <param name="choice">What was drawn for the image.</param>
    /// <typeparam name="T">What is drawn for an image.</typeparam>
    public delegate void Targets<T>(int index, TrainingCase source, ReadOnlySpan<byte> masks, T choice);

    /// <summary>The images of a step, from 0: B×C×H×W, with B images of this process.</summary>
    /// <param name="step">The step.</param>
    /// <param name="choose">
    /// Draws what the targets of an image need from the step's random numbers. It is called for every image of the batch, so that the
    /// images of this process get the numbers that they get where one process computes all.
    /// </param>
    /// <param name="targets">Makes the targets of an image of this process.</param>
    public float[] Draw<T>(long step, Func<TrainingCase, Random, T> choose, Targets<T> targets)
    {
        int pixels = height * width;
        Random random = SeededRandom.At(seed, SeededRandom.Purpose.Step, step);
        var images = new float[part.Count * channels * pixels];
        var moved = new byte[cases.Max(one => one.Masks.Raters) * pixels];
        for (int at = 0; at < part.First + part.Count; at++)
        {
            TrainingCase source = cases[CaseAt((step * part.Whole) + at)];
            DrawnAugmentation change = augmentation is null
                ? DrawnAugmentation.None
                : DrawnAugmentation.Draw(augmentation, height, width, random);
            T choice = choose(source, random);
            int i = at - part.First;
            if (i < 0)
            {
                continue;
            }

            float[] features = source.Features;
            for (int channel = 0; channel < channels; channel++)
            {
                Augmenter.Interpolate(
                    features.AsSpan(channel * pixels, pixels), images.AsSpan(((i * channels) + channel) * pixels, pixels), height, width,
                    change, padding[channel]);
            }

            if (_unpacked.Length < source.Masks.Count)
            {
                _unpacked = new byte[source.Masks.Count];
            }

            source.Masks.UnpackTo(_unpacked);
            Augmenter.Nearest(
                _unpacked, source.Masks.Height, source.Masks.Width, moved.AsSpan(0, source.Masks.Raters * pixels), height, width, change);
            targets(i, source, moved, choice);
        }

        return images;
    }

    /// <summary>The case at a position. Cases come in epochs, and each epoch has its own order.</summary>
    private int CaseAt(long position)
    {
        (long epoch, long index) = Math.DivRem(position, cases.Count);
        if (epoch != _orderEpoch)
        {
            _order = [.. Enumerable.Range(0, cases.Count)];
            SeededRandom.At(seed, SeededRandom.Purpose.Order, epoch).Shuffle(_order);
            _orderEpoch = epoch;
        }

        return _order[index];
    }
}
