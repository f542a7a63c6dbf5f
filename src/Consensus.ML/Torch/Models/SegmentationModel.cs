using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Models;

/// <summary>
/// A network with its weights on one device: predicts the maps of slices, and writes the weights. Several threads may use it at once.
/// Several sets of weights are the members of an ensemble; predictions average over the members (Lakshminarayanan et al. 2017, "Simple and
/// scalable predictive uncertainty estimation using deep ensembles").
/// </summary>
/// <param name="members">The weights of each member, at least one, which the model then owns.</param>
/// <param name="device">Where they are.</param>
/// <param name="imageChannels">Channels of a slice.</param>
/// <param name="height">Rows of a slice.</param>
/// <param name="width">Columns of a slice.</param>
internal abstract class SegmentationModel(IReadOnlyList<WeightSet> members, Device device, int imageChannels, int height, int width)
    : IMapModel
{
    // As many predictions at a time as have threads on the processor: one if torch uses all cores for it.
    private readonly TurnQueue _turn = new();
    private readonly Lock _preparing = new();
    private readonly Dictionary<(Precision Precision, int Member), PreparedWeights> _lowPrecision = [];
    private bool _disposed;

    /// <summary>Sets of weights: 1, or more in an ensemble.</summary>
    public int Members => members.Count;

    /// <summary>Number of trained values of a member.</summary>
    public long ParameterCount => members[0].Layout.ParameterCount;

    /// <summary>Rows of a slice and of its maps.</summary>
    public int Height { get; } = height;

    /// <summary>Columns of a slice and of its maps.</summary>
    public int Width { get; } = width;

    /// <summary>Where it computes.</summary>
    public Device Device { get; } = device;

    /// <summary>The weights of a member as a safetensors file, under their published names.</summary>
    public byte[] SaveWeights(int member = 0)
    {
        _turn.Take(1, CancellationToken.None);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Checkpoint.Write(members[member]);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Predicts the maps of one slice.</summary>
    /// <param name="features">Normalised image, C×H×W.</param>
    /// <param name="sampling">How to sample; its Seed is not used here.</param>
    /// <param name="seed">Seed of the random numbers in the prediction of this slice.</param>
    /// <param name="mirroring">The views that <see cref="SamplingOptions.Mirror"/> may take; null for the image alone.</param>
    /// <param name="keepSamples">Whether the prediction keeps every sampled map.</param>
    /// <param name="cancellation">Ends waiting for other predictions, or this one between two passes of the network.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ConsensusPrediction Predict(
        ReadOnlySpan<float> features,
        SamplingOptions sampling,
        ulong seed,
        Mirroring? mirroring = null,
        bool keepSamples = false,
        CancellationToken cancellation = default) =>
        Predict([features.ToArray()], sampling, [seed], mirroring, keepSamples, cancellation)[0];

    /// <summary>Predicts the maps of several slices together. They differ from those of each slice alone by rounding only.</summary>
    /// <param name="slices">Normalised images, C×H×W each.</param>
    /// <param name="sampling">How to sample; its Seed is not used here.</param>
    /// <param name="seeds">Seed of the random numbers in the prediction of each slice.</param>
    /// <param name="mirroring">The views that <see cref="SamplingOptions.Mirror"/> may take; null for the images alone.</param>
    /// <param name="keepSamples">Whether the predictions keep every sampled map.</param>
    /// <param name="cancellation">Ends waiting for other predictions, or this one between two passes of the network.</param>
    /// <exception cref="NotFiniteOutputException">A value of the output for one of them is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ConsensusPrediction[] Predict(
        IReadOnlyList<float[]> slices,
        SamplingOptions sampling,
        IReadOnlyList<ulong> seeds,
        Mirroring? mirroring = null,
        bool keepSamples = false,
        CancellationToken cancellation = default) =>
        InTurn(slices, images => Predict(images, sampling, seeds, mirroring ?? Mirroring.None, keepSamples, cancellation), cancellation);

    /// <summary>Number of slices that are best predicted together on a GPU: as many as the memory for one of them has room for.</summary>
    public virtual int SlicesAtOnce(SamplingOptions sampling) => 1;

    /// <inheritdoc/>
    public void Dispose()
    {
        _turn.Take(1, CancellationToken.None);
        try
        {
            if (!_disposed)
            {
                _disposed = true;
                Free();
                foreach (PreparedWeights copies in _lowPrecision.Values)
                {
                    copies.Dispose();
                }

                foreach (WeightSet weights in members)
                {
                    weights.Dispose();
                }
            }
        }
        finally
        {
            // A caller may still wait for its turn; it then gets the exception that the model is disposed.
            _turn.Release();
        }
    }

    /// <summary>Frees what a kind of model keeps for its predictions; called once.</summary>
    protected virtual void Free()
    {
    }

    /// <summary>Predicts the maps of slices, N×C×H×W, inside a dispose scope and without gradients.</summary>
    protected abstract ConsensusPrediction[] Predict(
        Tensor images,
        SamplingOptions sampling,
        IReadOnlyList<ulong> seeds,
        Mirroring mirroring,
        bool keepSamples,
        CancellationToken cancellation);

    /// <summary>
    /// Waits for its turn, then runs work on slices on the device, N×C×H×W, inside a dispose scope and without gradients.
    /// </summary>
    protected T InTurn<T>(IReadOnlyList<float[]> slices, Func<Tensor, T> work, CancellationToken cancellation)
    {
        int expected = imageChannels * Height * Width;
        foreach (float[] features in slices)
        {
            if (features.Length != expected)
            {
                throw new ArgumentException(
                    $"A slice for this model has {imageChannels}×{Height}×{Width} = {expected} values, but {features.Length} were given.",
                    nameof(slices));
            }
        }

        float[] images = slices.Count == 1 ? slices[0] : [.. slices.SelectMany(features => features)];
        _turn.Take(PredictionShare.AtOnce(this), cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            using GpuFlags? flags = GpuFlags.Use(Device, sameShapes: false);
            return work(images.ToTensor(Device, slices.Count, imageChannels, Height, Width));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Copies maps to the host, and refuses those that the output of a network with NaN or infinite values made.</summary>
    /// <param name="maps">The maps, in [0, 1]; overwritten if the output was not finite.</param>
    /// <param name="finite">Whether all output of the network was, as a tensor of one value: read with the maps, not on its own.</param>
    /// <returns>The maps on the CPU; owned by the surrounding dispose scope.</returns>
    /// <exception cref="NotFiniteOutputException">It was not.</exception>
    internal static Tensor ReadMaps(Tensor maps, Tensor finite)
    {
        Tensor read = maps.FillWhereInPlace(finite.logical_not(), double.NaN).ToHost();
        using Tensor sum = read.sum();
        return float.IsFinite(sum.ToArray()[0]) ? read : throw new NotFiniteOutputException();
    }

    /// <summary>The weights of each member's safetensors file.</summary>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, or its names or shapes do not match the layout; the message says which.
    /// </exception>
    protected static IReadOnlyList<WeightSet> Read(WeightLayout layout, IReadOnlyList<byte[]> files, Device device)
    {
        var members = new List<WeightSet>(files.Count);
        try
        {
            foreach (byte[] file in files)
            {
                members.Add(Checkpoint.Read(layout, file, device));
            }

            return members;
        }
        catch
        {
            members.ForEach(weights => weights.Dispose());
            throw;
        }
    }

    /// <summary>The weights of a member in the requested precision; 16-bit copies are made once and kept.</summary>
    protected IReadOnlyList<Tensor> WeightsFor(Precision asked, int member)
    {
        Precision precision = ProcessorFormats.Effective(asked, Device);
        if (precision == Precision.Float32)
        {
            return members[member].Weights;
        }

        lock (_preparing)
        {
            if (!_lowPrecision.TryGetValue((precision, member), out PreparedWeights? copies))
            {
                copies = members[member].Prepare(precision);
                _lowPrecision.Add((precision, member), copies);
            }

            return copies.Weights;
        }
    }
}
