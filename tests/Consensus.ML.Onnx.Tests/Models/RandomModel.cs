using System.Runtime.InteropServices;
using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Onnx.Tests.Models;

/// <summary>
/// Small networks with random weights, none of them zero: an untrained network's last layers are, and would hide what comes before them.
/// </summary>
internal static class RandomModel
{
    public const int Seed = 11;

    /// <summary>A network of two levels with attention at the lower.</summary>
    public static NetworkOptions Network(int side) => new()
    {
        ModelChannels = 32,
        ChannelMultipliers = [1, 2],
        ResidualBlocks = 1,
        AttentionResolutions = [side / 2],
        AttentionHeads = 2,
        EncoderBlocks = 1,
        EncoderWidth = 8,
        EncoderGrowth = 4,
        ScaleShiftNorm = true,
        LevelConditioning = LevelConditioning.Channels,
    };

    public static ModelDescription Diffusion(int side) => new()
    {
        Height = side,
        Width = side,
        ImageChannels = 2,
        Levels = 3,
        Target = TrainingTarget.Consensus,
        Network = Network(side),
        Diffusion = new() { Steps = 10, LearnedVariance = false, Prediction = PredictionType.XStartLogit },
    };

    public static UNetDescription OnePass(int side) => new()
    {
        Height = side,
        Width = side,
        ImageChannels = 2,
        Levels = 3,
        Kind = UNetKind.Levels,
        Rounded = true,
        PassDropout = 0.2,
        Network = Network(side),
    };

    /// <summary>The manifest of a diffusion model that knows mirror images.</summary>
    public static DiffusionManifest DiffusionManifest(ModelDescription description) => new()
    {
        Columns = Columns, Height = description.Height, Width = description.Width, ImageChannels = description.ImageChannels,
        Levels = description.Levels, Structures = description.Structures, Network = description.Network,
        Diffusion = description.Diffusion, Target = description.Target,
        Seed = 4, Training = Training,
        Sampling = new() { Generations = 3, Mirror = true, Sampler = SamplerKind.Ddim, Steps = 2 },
    };

    /// <summary>The manifest of a one-pass network that knows mirror images.</summary>
    public static OnePassManifest OnePassManifest(UNetDescription description) => new()
    {
        Columns = Columns, Height = description.Height, Width = description.Width, ImageChannels = description.ImageChannels,
        Levels = description.Levels, Network = description.Network, Kind = description.Kind, Rounded = description.Rounded,
        PassDropout = description.PassDropout,
        Stochastic = description.Kind == UNetKind.StochasticSegmentation ? new() : null,
        Probabilistic = description.Kind == UNetKind.ProbabilisticUNet ? new() : null,
        Seed = 4, Training = Training, Sampling = new() { Generations = 4, Mirror = true },
    };

    private static ManifestColumns Columns { get; } = new("Features", "SoftMap", "ConsensusMaps", "Uncertainty");

    private static ManifestTraining Training { get; } = ManifestTraining.Untrained(new()) with
    {
        Augmentation = new() { HorizontalFlip = 0.5, VerticalFlip = 0.5 }, MaskOffset = new(-0.25, -0.25), MaskScale = new(2, 2),
    };

    /// <summary>Weights as a safetensors file, and as arrays in the order of the layout.</summary>
    public static (byte[] File, IReadOnlyList<ReadOnlyMemory<float>> Arrays) Weights(WeightLayout layout, int seed)
    {
        using WeightSet weights = WeightSet.Initialize(layout, CPU, seed);
        using (no_grad())
        {
            using var generator = new Generator((ulong)seed, CPU);
            for (int i = 0; i < layout.Specs.Count; i++)
            {
                // Norms stay near 1 and 0. The last layers stay small: a prediction of noise multiplies their rounding by a hundred.
                WeightSpec spec = layout.Specs[i];
                double scale = spec.Initialization == Initialization.Zeros ? 0.03 : 0.02;
                using Tensor noise = randn(spec.Shape, generator: generator);
                weights.Weights[i].PlusInPlace(noise.TimesInPlace(scale));
            }
        }

        return (Checkpoint.Write(weights), [.. weights.Weights.Select(weight =>
            (ReadOnlyMemory<float>)MemoryMarshal.Cast<byte, float>(weight.contiguous().bytes).ToArray())]);
    }

    /// <summary>An image, C×H×W.</summary>
    public static float[] Image(int channels, int height, int width, int seed = 5)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, channels * height * width).Select(_ => (float)((random.NextDouble() * 3) - 1.5))];
    }

    /// <summary>A graph of a model whose input <c>Image</c> is the normalised slice.</summary>
    public static GraphBuilder Graph(INetworkDescription description, IReadOnlyList<IReadOnlyList<ReadOnlyMemory<float>>> weights,
        SamplingOptions sampling, Mirroring mirroring, ulong? seed)
    {
        var graph = new GraphBuilder();
        GraphValue image = graph.Input("Image", GraphType.Single, "", 1L, 2L, (long)description.Height, (long)description.Width);
        var prediction = new GraphPrediction(graph, weights, sampling, mirroring, seed);
        GraphMaps maps = description is ModelDescription model
            ? DiffusionGraph.Emit(model, prediction, image)
            : OnePassGraph.Emit((UNetDescription)description, prediction, image);
        graph.Output("SoftMap", maps.SoftMap, "", (long)description.Height, (long)description.Width);
        graph.Output("ConsensusMaps", maps.ConsensusMaps, "", "levels", (long)description.Height, (long)description.Width);
        graph.Output("Uncertainty", maps.Uncertainty, "", (long)description.Height, (long)description.Width);
        graph.Output("Samples", maps.Samples, "", "generations", "maps", (long)description.Height, (long)description.Width);
        return graph;
    }
}
