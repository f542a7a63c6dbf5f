using TorchSharp;

namespace Consensus.ML.Torch.Models;

/// <summary>How many predictions run side by side, and with how many threads of torch each.</summary>
/// <param name="Workers">Number of predictions at a time, at least 1.</param>
/// <param name="TorchThreads">Threads of torch for each, at least 1.</param>
internal readonly record struct PredictionShare(int Workers, int TorchThreads)
{
    // Threads of torch wait for each other after each operation, and an operation on a small slice is short. Two predictions of 64×64 with
    // a thread each take 102 ms, and one after another with two threads 123 ms. Where slices are large, operations are long, and each
    // prediction at a time needs memory of its own.
    private const int LargestSlice = 128 * 128;

    /// <summary>One prediction at a time, with all threads.</summary>
    public static PredictionShare Alone(int threads) => new(1, threads);

    /// <summary>How to share threads between predictions of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="predictions">How many predictions there are to make.</param>
    /// <param name="threads">Threads for all of them.</param>
    public static PredictionShare For(SegmentationModel model, int predictions, int threads) =>
        model.Device.type == DeviceType.CPU
            ? For(model.Height * model.Width, predictions, threads)
            : Alone(threads);

    /// <summary>How to share threads between predictions of slices of some pixels on the CPU.</summary>
    internal static PredictionShare For(int pixels, int predictions, int threads)
    {
        int workers = pixels > LargestSlice ? 1 : Math.Max(1, Math.Min(predictions, threads));
        return new(workers, Math.Max(1, threads / workers));
    }
}
