using Consensus.ML.Diffusion;
using Consensus.ML.Networks;
using Consensus.ML.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Training;

/// <summary>A network with its weights on one device: predicts the maps of slices, and writes the weights. Safe for several threads at once.</summary>
/// <param name="weights">The weights, which the model then owns.</param>
/// <param name="device">Where they are.</param>
/// <param name="imageChannels">Channels of a slice.</param>
/// <param name="height">Rows of a slice.</param>
/// <param name="width">Columns of a slice.</param>
internal abstract class SegmentationModel(WeightSet weights, Device device, int imageChannels, int height, int width) : IDisposable
{
    // One prediction at a time: torch spreads each over all cores already.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<Precision, PreparedWeights> _lowPrecision = [];
    private bool _disposed;

    /// <summary>Number of trained values.</summary>
    public long ParameterCount => weights.Layout.ParameterCount;

    /// <summary>Rows of a slice and of its maps.</summary>
    public int Height { get; } = height;

    /// <summary>Columns of a slice and of its maps.</summary>
    public int Width { get; } = width;

    /// <summary>Where it computes.</summary>
    public Device Device { get; } = device;

    /// <summary>The weights as a safetensors file, under their published names.</summary>
    public byte[] SaveWeights()
    {
        _turn.Wait(CancellationToken.None);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Checkpoint.Write(weights);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Predicts the maps of one slice.</summary>
    /// <param name="features">Normalised image, C×H×W.</param>
    /// <param name="sampling">How to sample; its Seed is not used here.</param>
    /// <param name="seed">Seed of what is random in the prediction of this slice.</param>
    /// <param name="mirroring">The views that <see cref="SamplingOptions.Mirror"/> may take; null for the image alone.</param>
    /// <param name="keepSamples">Whether the prediction keeps every map it is made of.</param>
    /// <param name="cancellation">Ends waiting for other predictions, or this one between two passes of the network.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ConsensusPrediction Predict(ReadOnlySpan<float> features, SamplingOptions sampling, ulong seed, Mirroring? mirroring = null, bool keepSamples = false, CancellationToken cancellation = default) =>
        InTurn(features, image => Predict(image, sampling, seed, mirroring ?? Mirroring.None, keepSamples, cancellation), cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        _turn.Wait();
        try
        {
            if (!_disposed)
            {
                _disposed = true;
                foreach (PreparedWeights copies in _lowPrecision.Values)
                {
                    copies.Dispose();
                }

                weights.Dispose();
            }
        }
        finally
        {
            // The semaphore itself holds nothing outside .NET, and someone may still wait for their turn to hear that it is over.
            _turn.Release();
        }
    }

    /// <summary>Predicts the maps of one slice, 1×C×H×W, inside a dispose scope and without gradients.</summary>
    protected abstract ConsensusPrediction Predict(Tensor image, SamplingOptions sampling, ulong seed, Mirroring mirroring, bool keepSamples, CancellationToken cancellation);

    /// <summary>Runs what needs a slice on the device, 1×C×H×W, when it is its turn, inside a dispose scope and without gradients.</summary>
    protected T InTurn<T>(ReadOnlySpan<float> features, Func<Tensor, T> work, CancellationToken cancellation)
    {
        int expected = imageChannels * Height * Width;
        if (features.Length != expected)
        {
            throw new ArgumentException($"A slice for this model has {imageChannels}×{Height}×{Width} = {expected} values, but {features.Length} were given.", nameof(features));
        }

        // A taken copy, since a span cannot be captured by the samplers' callbacks.
        float[] image = features.ToArray();
        _turn.Wait(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            return work(image.ToTensor(Device, 1, imageChannels, Height, Width));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The weights in the precision asked for; 16-bit copies are made once and kept.</summary>
    protected IReadOnlyList<Tensor> WeightsFor(Precision asked)
    {
        Precision precision = ProcessorFormats.Effective(asked, Device);
        if (precision == Precision.Float32)
        {
            return weights.Weights;
        }

        if (!_lowPrecision.TryGetValue(precision, out PreparedWeights? copies))
        {
            copies = weights.Prepare(precision);
            _lowPrecision.Add(precision, copies);
        }

        return copies.Weights;
    }
}
