using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Loop;

using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Machine;

/// <summary>
/// Measures how fast this machine computes a network: the time to encode an image, of a sampling step and of a training step. Weights and
/// data are random; this does not change the times.
/// </summary>
[Experimental("CONSENSUS001")]
public sealed record MachineBenchmark
{
    // Enough that a single disturbance does not move the median.
    private const int LeastRepetitions = 5, MostRepetitions = 100;
    private const double BytesPerMebibyte = 1 << 20;

    /// <summary>Side S of the square slices, in pixels; a multiple of <see cref="NetworkOptions.SideMultiple"/>. Default 64.</summary>
    public int Size { get; init; } = 64;

    /// <summary>Channels of a slice, at least 1. Default 1.</summary>
    public int ImageChannels { get; init; } = 1;

    /// <summary>Levels of consensus C, at least 1: the number of maps that sampling draws at once. Default 7.</summary>
    public int Levels { get; init; } = 7;

    /// <summary>Images of a training step, at least 1, with one pass of the network each. Default 4.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>
    /// Whether a training step computes the encoder's activations twice to save memory
    /// (<see cref="TrainingOptions.GradientCheckpointing"/>). Default false.
    /// </summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>The network's shape. Default the published layers with L = 32.</summary>
    public NetworkOptions Network { get; init; } = new();

    /// <summary>The diffusion process. Default the published one: the noise is predicted and the variance learned.</summary>
    public DiffusionOptions Diffusion { get; init; } = new();

    /// <summary>How long each quantity is measured, once it has been measured five times. Default two seconds.</summary>
    public TimeSpan TimeEach { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>"cpu", "cuda" or "cuda:N". Default "cpu".</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Measures in one number format.</summary>
    /// <param name="precision">Number format of the heavy arithmetic.</param>
    /// <param name="cancellation">Ends the measurement between two repetitions.</param>
    /// <exception cref="ArgumentException">
    /// An option is out of range, or the number format is not for the device; the message names it, its value and what is allowed.
    /// </exception>
    /// <exception cref="InvalidOperationException">The device is not usable; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public MachineMeasurement Measure(Precision precision, CancellationToken cancellation = default)
    {
        Check();
        Device device = TorchDevice.Choose(Device, gpuDeviceId: null, fallbackToCpu: false).Device;
        SamplingCheck.CheckDevice(nameof(precision), precision, device);
        var description = new ModelDescription
        {
            Height = Size,
            Width = Size,
            ImageChannels = ImageChannels,
            Levels = Levels,
            Target = TrainingTarget.Consensus,
            Network = Network.For(Size, Size),
            Diffusion = Diffusion,
        };

        // As in predictions: without TF32. Training sets its own flags beside these.
        using GpuFlags? flags = GpuFlags.Use(device, sameShapes: false);
        PeakMemory.Reset();
        double? freeBefore = FreeMegabytes(device);
        Sampling sampling = MeasureSampling(description, device, precision, cancellation);
        double training = MeasureTraining(description, device, precision, cancellation);
        double peak = PeakMemory.Megabytes();
        double? deviceMemory = freeBefore - FreeMegabytes(device);
        double roofline = MeasureConvolutions(description.Network, device, precision, cancellation);
        return new(
            sampling.EncoderMs, sampling.PassMs, sampling.StepMs, training, sampling.Operations / sampling.PassMs / 1e6, roofline, peak)
        {
            PeakDeviceMemoryMb = deviceMemory,
        };
    }

    private void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Size, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ImageChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Levels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(TimeEach, TimeSpan.Zero);
        OptionsCheck.Check(
            new ConsensusSegmentationEstimator.Options { Network = Network, Diffusion = Diffusion, Training = new(), Sampling = new() });
        NetworkCheck.CheckSize("Features", Size, Size, Network);
    }

    private Sampling MeasureSampling(ModelDescription description, Device device, Precision precision, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        ConsensusNetwork network = description.CreateNetwork();
        using WeightSet weights = WeightSet.Initialize(network.Layout, device, seed: 0);
        using PreparedWeights prepared = weights.Prepare(precision);
        using Generator generator = SeededNumbers.Begin(0);
        var context = new ForwardContext(prepared.Weights, Training: false);
        Tensor image = SeededNumbers.Normal([1, ImageChannels, Size, Size], device, generator),
            features = network.EncodeImage(context, image);
        Tensor noise = SeededNumbers.Normal([description.Passes, description.MapsPerPass, Size, Size], device, generator);
        Tensor? levels = description.HasLevelEmbedding ? TensorArithmetic.Range(1, Levels + 1, ScalarType.Int64, device) : null;
        Tensor times = TensorArithmetic.Repeated(description.Passes, 0, device);
        var operations = new OperationCount();
        network.Forward(context with { Operations = operations }, noise, features, times, levels);

        double encoder = Median(() => network.EncodeImage(context, image), device, cancellation);
        double pass = Median(() => network.Forward(context, noise, features, times, levels), device, cancellation);

        // A whole step lies between two calls of the network.
        using var process = new DiffusionProcess(
            Diffusion,
            NoiseSchedule.Create(Diffusion.Schedule, Diffusion.Steps).Subsequence(Math.Min(Diffusion.Steps, LeastRepetitions + 1)),
            device);
        double step = MedianOf(intervals =>
        {
            using var run = NewDisposeScope();
            long before = 0;
            new DdpmSampler().Sample(process, (current, at) =>
            {
                Wait(device);
                if (before > 0)
                {
                    intervals.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
                }

                before = Stopwatch.GetTimestamp();
                return network.Forward(context, current, features, at, levels);
            }, noise, generator, cancellation);
        });
        return new(encoder, pass, step, operations.Total);
    }

    /// <summary>
    /// Runs real training on cases of noise, with the optimizer that the compact preset has for such a network. The time of a step is the
    /// time between two progress reports.
    /// </summary>
    private double MeasureTraining(ModelDescription description, Device device, Precision precision, CancellationToken cancellation)
    {
        var random = new Random(0);
        TrainingCase[] cases = [.. Enumerable.Range(0, BatchSize).Select(i => Case(i.ToString(CultureInfo.InvariantCulture)))];
        var options = new TrainingOptions
        {
            Steps = LeastRepetitions + 1,
            BatchSize = BatchSize,
            Optimizer = Presets.Compact.TrainingOf(description.Target, Network.LevelConditioning).Optimizer,
            Precision = precision,
            ValidationFraction = 0,
            GradientCheckpointing = GradientCheckpointing,
        };
        var trainer = new ConsensusTrainer(description, options, new AugmentationPolicy(), new float[ImageChannels], seed: 0, device);
        return MedianOf(intervals =>
        {
            var reports = new Reports(intervals, options.Steps.Value);
            trainer.Train(cases, reports, log: null, cancellation).Model.Dispose();
            cancellation.ThrowIfCancellationRequested();
        });

        TrainingCase Case(string name)
        {
            var features = new float[ImageChannels * Size * Size];
            var masks = new byte[Levels * Size * Size];
            random.NextBytes(masks);
            return new(name, [.. features.Select(_ => random.NextSingle())], new RaterMasks(
                Levels, Size, Size, [.. masks.Select(value => (byte)(value & 1))]));
        }
    }

    /// <summary>The best rate of 3×3 convolutions, over the shapes of the U-Net's levels and a shape that fills any machine.</summary>
    private double MeasureConvolutions(NetworkOptions network, Device device, Precision precision, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using Generator generator = SeededNumbers.Begin(0);
        ScalarType type = precision.HeavyType();
        int most = Size / network.Patch;
        IEnumerable<(long Batch, long Channels, long Side)> shapes = network.ChannelMultipliers.Select(
            (multiplier, level) => ((long)Levels, (long)network.ModelChannels * multiplier, (long)most >> level));
        double best = 0;
        foreach ((long batch, long channels, long side) in shapes.Append((8, 128, 64)))
        {
            using var shape = NewDisposeScope();

            // Random numbers: a GPU that multiplies equal ones takes less power, and is faster.
            Tensor input = Numbers(batch, channels, side, side), weight = Numbers(channels, channels, 3, 3);
            double time = Median(() => functional.conv2d(input, weight, padding: [1L, 1L]), device, cancellation);
            best = Math.Max(best, 2.0 * 9 * batch * channels * channels * side * side / time / 1e6);
        }

        return best;

        Tensor Numbers(params long[] shape) => SeededNumbers.Normal(shape, device, generator).to_type(type);
    }

    private double Median(Func<Tensor> work, Device device, CancellationToken cancellation)
    {
        // The first call chooses kernels and takes memory.
        Run();
        return MedianOf(times =>
        {
            cancellation.ThrowIfCancellationRequested();
            long before = Stopwatch.GetTimestamp();
            Run();
            times.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        });

        void Run()
        {
            using var scope = NewDisposeScope();
            work();
            Wait(device);
        }
    }

    /// <summary>Repeats a measurement until there are enough times; returns their median.</summary>
    private double MedianOf(Action<List<double>> measure)
    {
        var times = new List<double>();
        long before = Stopwatch.GetTimestamp();
        do
        {
            measure(times);
        }
        while (times.Count < LeastRepetitions || (times.Count < MostRepetitions && Stopwatch.GetElapsedTime(before) < TimeEach));

        times.Sort();
        return (times[(times.Count - 1) / 2] + times[times.Count / 2]) / 2;
    }

    /// <summary>Free memory of a GPU, in MiB; null for a CPU, and where the driver does not say.</summary>
    private static double? FreeMegabytes(Device device)
    {
        try
        {
            return device.type == TorchSharp.DeviceType.CUDA ? CudaDriver.TryOpen()?.Memory(device.index).Free / BytesPerMebibyte : null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Waits for the device: a GPU still computes after a call returns.</summary>
    private static void Wait(Device device)
    {
        if (device.type == TorchSharp.DeviceType.CUDA)
        {
            cuda.synchronize(device);
        }
    }

    private sealed record Sampling(double EncoderMs, double PassMs, double StepMs, long Operations);

    /// <summary>Collects the times between steps. It leaves out the first step, which chooses kernels, and the last report.</summary>
    private sealed class Reports(List<double> intervals, int steps) : IProgress<TrainingProgress>
    {
        private int _step;
        private long _before;

        public void Report(TrainingProgress value)
        {
            if (value.Step > _step)
            {
                if (_step > 0 && value.Step <= steps)
                {
                    intervals.Add(Stopwatch.GetElapsedTime(_before).TotalMilliseconds);
                }

                (_step, _before) = (value.Step, Stopwatch.GetTimestamp());
            }
        }
    }
}
