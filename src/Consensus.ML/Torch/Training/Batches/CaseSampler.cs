using Consensus.Imaging.Augmentation;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>Chooses and augments the cases of a step; the same step and seed always give the same cases and changes.</summary>
/// <param name="height">Rows of a slice.</param>
/// <param name="width">Columns of a slice.</param>
/// <param name="channels">Channels of a slice.</param>
/// <param name="batch">Images in a step.</param>
/// <param name="augmentation">Random changes; null for none.</param>
/// <param name="padding">The value of pixels from outside the slice when it is moved, for each channel.</param>
/// <param name="seed">The seed.</param>
/// <param name="cases">The cases to draw from.</param>
internal sealed class CaseSampler(
    int height,
    int width,
    int channels,
    int batch,
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
    /// <param name="index">Its place in the batch, from 0.</param>
    /// <param name="source">The case of the image.</param>
    /// <param name="masks">
    /// Raters × H × W, transformed like the image, at the slice's size. Values behind them belong to other cases.
    /// </param>
    /// <param name="random">The step's random numbers; the target uses the next of them.</param>
    public delegate void Targets(int index, TrainingCase source, ReadOnlySpan<byte> masks, Random random);

    /// <summary>The images of a step, from 0: B×C×H×W.</summary>
    public float[] Draw(long step, Targets targets)
    {
        int pixels = height * width;
        Random random = SeededRandom.At(seed, SeededRandom.Purpose.Step, step);
        var images = new float[batch * channels * pixels];
        var moved = new byte[cases.Max(one => one.Masks.Raters) * pixels];
        for (int i = 0; i < batch; i++)
        {
            TrainingCase source = cases[CaseAt((step * batch) + i)];
            DrawnAugmentation change = augmentation is null
                ? DrawnAugmentation.None
                : DrawnAugmentation.Draw(augmentation, height, width, random);
            float[] features = source.Features;
            for (int channel = 0; channel < channels; channel++)
            {
                Augmenter.Bilinear(
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
            targets(i, source, moved, random);
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
