using Consensus.ML.Diffusion;
using Consensus.ML.Networks;
using Consensus.ML.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Training;

/// <summary>A network with its diffusion process: predicts, and reads and writes weights. Safe for several threads at once.</summary>
internal sealed class ConsensusModel : IDisposable
{
    private readonly ConsensusNetwork _network;
    private readonly WeightSet _weights;
    private readonly NoiseSchedule _schedule;
    private readonly Device _device;

    // One prediction at a time: torch spreads each over all cores already.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private PreparedWeights? _lowPrecision;
    private bool _disposed;

    private ConsensusModel(ModelDescription description, ConsensusNetwork network, WeightSet weights, Device device)
    {
        Description = description;
        _network = network;
        _weights = weights;
        _schedule = NoiseSchedule.Create(description.Diffusion.Schedule, description.Diffusion.Steps);
        _device = device;
    }

    /// <summary>All that fixes the weights' names and shapes.</summary>
    public ModelDescription Description { get; }

    /// <summary>Number of trained values.</summary>
    public long ParameterCount => _network.Layout.ParameterCount;

    /// <summary>A model with seeded initial weights.</summary>
    public static ConsensusModel Create(ModelDescription description, Device device, int seed)
    {
        NativeTorch.EnsureLoaded();
        ConsensusNetwork network = description.CreateNetwork();
        return new(description, network, WeightSet.Initialize(network.Layout, device, seed), device);
    }

    /// <summary>A model over weights that it then owns.</summary>
    public static ConsensusModel FromWeights(ModelDescription description, ConsensusNetwork network, WeightSet weights, Device device) => new(description, network, weights, device);

    /// <summary>A model with the weights of a safetensors file in the published checkpoint format.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or its names or shapes are not the description's; the message says which.</exception>
    public static ConsensusModel Load(ModelDescription description, ReadOnlyMemory<byte> safetensors, Device device)
    {
        NativeTorch.EnsureLoaded();
        ConsensusNetwork network = description.CreateNetwork();
        return new(description, network, Checkpoint.Read(network.Layout, safetensors, device), device);
    }

    /// <summary>The weights as a safetensors file in the published checkpoint format.</summary>
    public byte[] SaveWeights()
    {
        _turn.Wait(CancellationToken.None);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Checkpoint.Write(_weights);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Samples the maps of one slice, and reduces them as its training target asks (the paper's Table 2).</summary>
    /// <param name="features">Normalised image, C×H×W.</param>
    /// <param name="sampling">How to sample; its Seed is not used here.</param>
    /// <param name="seed">Seed of the noise of this slice.</param>
    /// <param name="keepSamples">Whether the prediction keeps every sampled map.</param>
    /// <param name="cancellation">Ends waiting for other predictions, or sampling between two passes of the network.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ConsensusPrediction Predict(ReadOnlySpan<float> features, SamplingOptions sampling, ulong seed, bool keepSamples = false, CancellationToken cancellation = default)
    {
        int expected = Description.ImageChannels * Description.Height * Description.Width;
        if (features.Length != expected)
        {
            throw new ArgumentException($"A slice for this model has {Description.ImageChannels}×{Description.Height}×{Description.Width} = {expected} values, but {features.Length} were given.", nameof(features));
        }

        // A taken copy, since a span cannot be captured by the samplers' callbacks.
        float[] image = features.ToArray();
        _turn.Wait(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            return SampleReduction.Reduce(Sample(image, sampling, seed, cancellation), Description.Target, keepSamples);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _turn.Wait();
        try
        {
            if (!_disposed)
            {
                _disposed = true;
                _lowPrecision?.Dispose();
                _weights.Dispose();
            }
        }
        finally
        {
            // The semaphore itself holds nothing outside .NET, and someone may still wait for their turn to hear that it is over.
            _turn.Release();
        }
    }

    /// <summary>All samples of a slice: generations × C × H × W in [0, 1], on the CPU.</summary>
    private Tensor Sample(float[] features, SamplingOptions sampling, ulong seed, CancellationToken cancellation)
    {
        ModelDescription model = Description;
        var context = new ForwardContext(WeightsFor(sampling.Precision), Training: false);
        Tensor image = tensor(features).view(1, model.ImageChannels, model.Height, model.Width).to(_device);
        Tensor imageFeatures = _network.EncodeImage(context, image);

        using var generator = new Generator(seed, _device);
        using var process = new DiffusionProcess(model.Diffusion, _schedule.Subsequence(Math.Min(sampling.Steps ?? int.MaxValue, _schedule.Steps)), _device);
        ISampler sampler = SamplerLoop.Create(sampling.Sampler);
        return sampling.Tolerance is double tolerance ? GenerateUntilStill(tolerance) : Generate(sampling.Generations);

        Tensor Generate(int generations)
        {
            using var scope = NewDisposeScope();
            long maps = (long)generations * model.Levels;
            Tensor? levels = model.HasLevelEmbedding ? arange(1, model.Levels + 1, ScalarType.Int64, _device).repeat(generations) : null;

            // Noise is drawn for all maps at once, so that the batch size changes nothing but rounding.
            Tensor noise = randn([maps, 1, model.Height, model.Width], device: _device, generator: generator);
            Tensor start = sampler.Sample(process, (current, times) => Denoise(current, times, levels), noise, generator, cancellation);
            return start.add_(1).mul_(0.5).clamp_(0, 1).view(generations, model.Levels, model.Height, model.Width).cpu().MoveToOuterDisposeScope();
        }

        Tensor GenerateUntilStill(double tolerance)
        {
            var samples = new List<Tensor>();
            Tensor? sum = null;
            double change = double.PositiveInfinity;
            while (samples.Count < sampling.Generations && change >= tolerance)
            {
                samples.Add(Generate(1));
                Tensor map = samples[^1].mean([0, 1]);
                if (sum is null)
                {
                    sum = map;
                    continue;
                }

                // The mean of n maps lies |x_n − mean of the others| / n from that of n − 1.
                change = (map - (sum / (samples.Count - 1))).abs().mean().item<float>() / samples.Count;
                sum.add_(map);
            }

            return cat(samples, 0);
        }

        Tensor Denoise(Tensor current, Tensor times, Tensor? levels)
        {
            using var scope = NewDisposeScope();
            long maps = current.shape[0];
            var outputs = new List<Tensor>();
            for (long first = 0; first < maps; first += sampling.BatchSize)
            {
                cancellation.ThrowIfCancellationRequested();
                long count = Math.Min(sampling.BatchSize, maps - first);
                outputs.Add(_network.Forward(context, current.narrow(0, first, count), imageFeatures, times.narrow(0, first, count), levels?.narrow(0, first, count)));
            }

            return (outputs.Count == 1 ? outputs[0] : cat(outputs, 0)).MoveToOuterDisposeScope();
        }
    }

    /// <summary>The weights in the precision asked for; bfloat16 copies are made once and kept.</summary>
    private IReadOnlyList<Tensor> WeightsFor(Precision precision)
    {
        if (precision == Precision.Float32)
        {
            return _weights.Weights;
        }

        _lowPrecision ??= _weights.Prepare(precision);
        return _lowPrecision.Weights;
    }
}
