using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Machine;

/// <summary>
/// A small network that <see cref="TorchRuntimeCheck"/> computes. Its weights, images and noise are made without torch, so that they are
/// the same with every libtorch.
/// </summary>
internal sealed class CheckedNetwork
{
    private const int Side = 16, Images = 2, Levels = 3, Steps = 4;

    // In float16, small gradients would become zero.
    private const double Float16Scale = 256;

    private readonly WeightLayout _layout;
    private readonly float[][] _weights;
    private readonly Func<Pass, (Tensor Output, Tensor Maps)> _compute;

    private CheckedNetwork(string name, RecordedValues recorded, WeightLayout layout, Func<Pass, (Tensor Output, Tensor Maps)> compute)
    {
        (Name, Recorded, _layout, _compute) = (name, recorded, layout, compute);
        _weights = [.. layout.Specs.Select(Draw)];
    }

    /// <summary>Makes one of each kind.</summary>
    public static IReadOnlyList<CheckedNetwork> CreateAll() =>
    [
        Diffusion(
            "published", new(0.52878, 0.0121877, 0.69649),
            new() { ChannelMultipliers = [1, 2], ResidualBlocks = 1, EncoderBlocks = 1, AttentionResolutions = [8] },
            new() { Steps = Steps }),
        Diffusion(
            "compact", new(0.53672, 0.00038036, 0.51951), Presets.Compact.Network with { ChannelMultipliers = [1, 2], PatchSize = 2 },
            Presets.Compact.Diffusion with { Steps = Steps }),
        OnePass("one-pass", new(0.62454, 0.00062948, 0.52437)),
    ];

    /// <summary>Its name in reports.</summary>
    public string Name { get; }

    /// <summary>What a CPU computed in float32 with libtorch 2.10.0.</summary>
    public RecordedValues Recorded { get; }

    /// <summary>Computes output, gradient and maps.</summary>
    public CheckedValues Compute(Device device, Precision precision)
    {
        using var scope = NewDisposeScope();
        using WeightSet weights = Weights(device);
        using PreparedWeights prepared = weights.Prepare(precision);
        Tensor[] leaves = [.. prepared.Weights.Select(weight => weight.detach().requires_grad_())];
        double scale = precision == Precision.Float16 ? Float16Scale : 1;
        (Tensor output, Tensor maps) = _compute(new(leaves, device, scale));
        Tensor gradient = cat(
            [.. leaves.Where(leaf => leaf.grad is not null).Select(leaf => leaf.grad!.to_type(ScalarType.Float32).flatten())], 0);
        return new(Values(output), Values(gradient.Over(scale)), Values(maps));
    }

    private static CheckedNetwork Diffusion(string name, RecordedValues recorded, NetworkOptions options, DiffusionOptions diffusion)
    {
        var description = new ModelDescription
        {
            Height = Side, Width = Side, ImageChannels = 1, Levels = Levels, Target = TrainingTarget.Consensus, Network = options,
            Diffusion = diffusion,
        };
        ConsensusNetwork network = description.CreateNetwork();
        return new(name, recorded, network.Layout, pass =>
        {
            using var process = new DiffusionProcess(diffusion, NoiseSchedule.Create(diffusion.Schedule, Steps), pass.Device);
            int maps = description.MapsPerPass;
            Tensor image = pass.Noise(1, Images, 1, Side, Side);
            Tensor starts = pass.Noise(2, Images, maps, Side, Side).sign(), noise = pass.Noise(3, Images, maps, Side, Side);
            Tensor? levels = description.HasLevelEmbedding ? new long[] { 1, Levels }.ToTensor(pass.Device) : null;
            Tensor times = new long[] { 1, Steps - 1 }.ToTensor(pass.Device);
            new GradientPass(network, process, new TrainingOptions()).Run(
                pass.Context(training: true), new TrainingBatch(image, starts, levels, times, null), noise, pass.Scale);

            using var inference = no_grad();
            ForwardContext context = pass.Context(training: false);
            Tensor features = network.EncodeImage(context, image);
            Tensor output = network.Forward(
                context, process.AddNoise(starts, times, noise), features, process.NetworkTimes(times), levels);
            using Generator unused = SeededNumbers.Begin(0); // DDIM draws nothing after the first noise
            Tensor sampled = new DdimSampler().Sample(
                process, (current, at) => network.Forward(context, current, features, at, levels), noise, unused, default);
            return (output, sampled.Plus(1).Over(2));
        });
    }

    private static CheckedNetwork OnePass(string name, RecordedValues recorded)
    {
        var description = new UNetDescription
        {
            Height = Side, Width = Side, ImageChannels = 1, Levels = Levels, Kind = UNetKind.Levels, Rounded = true, PassDropout = 0,
            Network = Presets.UNet.Network with { ChannelMultipliers = [1, 2], PatchSize = 1 },
        };
        OnePassVariant variant = description.Variant();
        return new(name, recorded, variant.Layout, pass =>
        {
            Tensor image = pass.Noise(1, Images, 1, Side, Side);
            Tensor targets = pass.Noise(2, Images, Levels, Side, Side).sign().Plus(1).Over(2);
            var batch = new UNetBatch(image, targets, Present: null);
            variant.Loss(pass.Context(training: true), batch, diceWeight: 0.5).Times(pass.Scale).backward();
            using var inference = no_grad();
            Tensor output = variant.Logits(pass.Context(training: false), image);
            return (output, output.sigmoid());
        });
    }

    /// <summary>
    /// Random values everywhere, of a size at which signals neither vanish nor grow. Layers that start at zero would hide what lies before
    /// them.
    /// </summary>
    private static float[] Draw(WeightSpec spec, int index)
    {
        double size = spec.Shape.Length > 1 ? Math.Sqrt((double)spec.Shape[0] / spec.Count) : 0.1;
        double centre = spec.Initialization == Initialization.Ones ? 1 : 0;
        return Array.ConvertAll(
            new CpuNoise((ulong)(100 + index)).Normal((int)spec.Count), value => (float)(centre + (size * value)));
    }

    private WeightSet Weights(Device device)
    {
        var weights = WeightSet.Zeros(_layout, device);
        using var none = no_grad();
        for (int i = 0; i < _weights.Length; i++)
        {
            using Tensor drawn = _weights[i].ToTensor(device, _layout.Specs[i].Shape);
            weights.Weights[i].copy_(drawn);
        }

        return weights;
    }

    private static float[] Values(Tensor tensor) => tensor.to_type(ScalarType.Float32).detach().ToHost().ToArray();

    /// <summary>The weights and the device of a pass.</summary>
    private sealed record Pass(IReadOnlyList<Tensor> Leaves, Device Device, double Scale)
    {
        public ForwardContext Context(bool training) => new(Leaves, training);

        public Tensor Noise(ulong seed, params long[] shape) =>
            new CpuNoise(seed).Normal((int)shape.Aggregate(1L, (product, side) => product * side)).ToTensor(Device, shape);
    }
}

/// <summary>Root mean squares of what a network computed.</summary>
/// <param name="Output">Of its output.</param>
/// <param name="Gradient">Of the gradient.</param>
/// <param name="Maps">Of the maps.</param>
internal sealed record RecordedValues(double Output, double Gradient, double Maps);

/// <summary>What a network computed.</summary>
/// <param name="Output">Its output.</param>
/// <param name="Gradient">The gradient of all weights.</param>
/// <param name="Maps">The maps.</param>
internal sealed record CheckedValues(float[] Output, float[] Gradient, float[] Maps)
{
    /// <summary>The root mean squares.</summary>
    public RecordedValues Sizes => new(Size(Output), Size(Gradient), Size(Maps));

    /// <summary>Relative differences of the root mean squares: output, gradient, maps.</summary>
    public double[] DifferencesFrom(RecordedValues recorded) =>
    [
        Relative(Sizes.Output, recorded.Output), Relative(Sizes.Gradient, recorded.Gradient), Relative(Sizes.Maps, recorded.Maps),
    ];

    /// <summary>
    /// Largest differences as shares of the largest values: output, gradient, maps. Infinite where a value is not finite.
    /// </summary>
    public double[] DifferencesFrom(CheckedValues reference) =>
    [
        Largest(Output, reference.Output), Largest(Gradient, reference.Gradient), Largest(Maps, reference.Maps),
    ];

    private static double Size(float[] values) => Math.Sqrt(values.Average(value => (double)value * value));

    private static double Relative(double found, double recorded) => Finite(Math.Abs(found - recorded) / recorded);

    private static double Largest(float[] found, float[] reference)
    {
        double difference = 0, largest = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            double here = Math.Abs((double)found[i] - reference[i]);
            difference = Math.Max(difference, here); // keeps NaN
            largest = Math.Max(largest, Math.Abs((double)reference[i]));
        }

        return Finite(difference / largest);
    }

    private static double Finite(double value) => double.IsNaN(value) ? double.PositiveInfinity : value;
}
