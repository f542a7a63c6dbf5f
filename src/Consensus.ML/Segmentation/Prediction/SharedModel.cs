using Consensus.ML.Options;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Segmentation.Prediction;

/// <summary>
/// A model that several transformers share. Its weights are freed when the last transformer is disposed and the last running prediction has
/// ended.
/// </summary>
internal sealed class SharedModel(IMapModel model)
{
    private readonly Lock _lock = new();
    private int _users = 1;
    private int _predictions;

    /// <summary>The device that holds the weights.</summary>
    /// <exception cref="NotSupportedException">It does not compute with torch.</exception>
    public Device Device => Torch.Device;

    /// <summary>The model itself.</summary>
    public IMapModel Model => model;

    /// <summary>Whether slices are read ahead and predicted together, as on a GPU; null: on a GPU.</summary>
    public bool? TakesSlicesTogether { get; set; }

    /// <summary>The number of slices predicted so far.</summary>
    public int Predictions => Volatile.Read(ref _predictions);

    /// <summary>Adds a user, who must call <see cref="Release"/> once.</summary>
    /// <returns>False when the weights are gone.</returns>
    public bool TryAcquire()
    {
        lock (_lock)
        {
            if (_users == 0)
            {
                return false;
            }

            _users++;
            return true;
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            if (--_users > 0)
            {
                return;
            }
        }

        model.Dispose();
    }

    public ConsensusPrediction[] Predict(
        IReadOnlyList<float[]> slices,
        SamplingOptions sampling,
        IReadOnlyList<ulong> seeds,
        Mirroring mirroring,
        bool keepSamples,
        CancellationToken cancellation)
    {
        if (model is SegmentationModel torch)
        {
            SamplingCheck.CheckDevice(nameof(sampling.Precision), sampling.Precision, torch.Device);
        }

        Interlocked.Add(ref _predictions, slices.Count);
        return slices.Count > 1
            ? Torch.Predict(slices, sampling, seeds, mirroring, keepSamples, cancellation)
            : [model.Predict(slices[0], sampling, seeds[0], mirroring, keepSamples, cancellation)];
    }

    /// <summary>How many of some slices to predict at a time, and with how many threads of torch each.</summary>
    /// <param name="slices">Number of slices.</param>
    /// <param name="threads">Threads for all of them; null for those of torch. A model without torch does not load it.</param>
    public PredictionShare Share(long slices, int? threads) => model is SegmentationModel torch
        ? PredictionShare.For(torch, slices, threads ?? TorchThreads.Current)
        : PredictionShare.Alone(1);

    /// <summary>How to predict the rows of a cursor, some of them ahead.</summary>
    /// <param name="slices">Number of rows.</param>
    /// <param name="sampling">How to sample.</param>
    /// <param name="oneByOne">Whether each slice needs a prediction of its own.</param>
    public PredictionShare ShareAhead(long slices, SamplingOptions sampling, bool oneByOne) =>
        model is SegmentationModel torch && (TakesSlicesTogether ?? torch.Device.type == DeviceType.CUDA)
            ? PredictionShare.OnGpu(slices, TorchThreads.Current, oneByOne ? 1 : torch.SlicesAtOnce(sampling))
            : Share(slices, null);

    /// <summary>Every sampling step of one generation. The model must sample by diffusion.</summary>
    public IReadOnlyList<TracedStep> Trace(float[] features, SamplingOptions sampling, ulong seed, CancellationToken cancellation) =>
        ((ConsensusModel)Torch).Trace(features, sampling, seed, cancellation);

    /// <summary>The weights of every member, each a safetensors file.</summary>
    public IReadOnlyList<byte[]> SaveWeights() => [.. Enumerable.Range(0, Torch.Members).Select(Torch.SaveWeights)];

    private SegmentationModel Torch => model as SegmentationModel ?? throw new NotSupportedException(
        "The model comes from an ONNX file and predicts without torch: its weights cannot be taken out of it, to train on, to join with "
        + "others or to export again. Use the model zip that it was exported from.");
}
