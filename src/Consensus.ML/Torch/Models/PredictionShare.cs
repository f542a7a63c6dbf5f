using TorchSharp;

namespace Consensus.ML.Torch.Models;

/// <summary>How many predictions run side by side, and with how many threads of torch each.</summary>
/// <param name="Workers">Number of predictions at a time, at least 1.</param>
/// <param name="TorchThreads">Threads of torch for each, at least 1.</param>
/// <param name="Slices">Slices that each prediction takes together.</param>
internal readonly record struct PredictionShare(int Workers, int TorchThreads, int Slices = 1)
{
    // Threads of torch wait for each other after each operation, and an operation on a small slice is short. Two predictions of 64×64 with
    // a thread each take 102 ms, and one after another with two threads 123 ms. Where slices are large, operations are long, and each
    // prediction at a time needs memory of its own.
    private const int LargestSlice = 128 * 128;

    /// <summary>One prediction at a time, with all threads.</summary>
    public static PredictionShare Alone(int threads) => new(1, threads);

    /// <summary>
    /// On a GPU, one worker reads the next slices while the other predicts: predictions take turns, and each takes several slices.
    /// </summary>
    public static PredictionShare OnGpu(long predictions, int threads, int slices) => new(predictions > 1 ? 2 : 1, threads, slices);

    /// <summary>How to share threads between predictions of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="predictions">How many predictions there are to make.</param>
    /// <param name="threads">Threads for all of them.</param>
    public static PredictionShare For(SegmentationModel model, long predictions, int threads) =>
        IsShared(model) ? Of(predictions, threads) : Alone(threads);

    /// <summary>
    /// How many predictions of a model may run at a time if each has the threads that torch has for the calling thread: as many as the
    /// processor has threads for.
    /// </summary>
    public static int AtOnce(SegmentationModel model) =>
        IsShared(model) ? Math.Max(1, Environment.ProcessorCount / Runtime.TorchThreads.Current) : 1;

    /// <summary>
    /// How to share threads between predictions of small slices. Several have one thread each, however many threads there are, so that
    /// their maps do not depend on the number of threads.
    /// </summary>
    internal static PredictionShare Of(long predictions, int threads)
    {
        int workers = (int)Math.Clamp(predictions, 1, threads);
        return workers > 1 ? new(workers, 1) : Alone(threads);
    }

    private static bool IsShared(SegmentationModel model) =>
        model.Device.type == DeviceType.CPU && model.Height * model.Width <= LargestSlice;
}
