using System.Diagnostics;
using System.Text.Json.Nodes;
using Consensus.ML.Machine;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Gpu;

/// <summary>Step times of a network, beside the rate of matrix products in the same process.</summary>
internal static class Bench
{
    private const int GpuSide = 8192, CpuSide = 1024, Rounds = 10;

    private static ConsensusSegmentationEstimator.Options Compact { get; } = ConsensusSegmentationEstimator.Options.Compact();

    private static ConsensusSegmentationEstimator.Options Paper { get; } = ConsensusSegmentationEstimator.Options.Paper();

    /// <summary>The networks by name. "paper" computes its encoder twice in training, as the preset does, and "paper-kept" once.</summary>
    public static IReadOnlyDictionary<string, MachineBenchmark> All { get; } = new Dictionary<string, MachineBenchmark>
    {
        ["s64-l64"] = new() { Size = 64, Levels = 7, Network = new() { ModelChannels = 64 } },
        ["compact-256"] = new() { Size = 256, Levels = 7, Network = Compact.Network, Diffusion = Compact.Diffusion },
        ["paper"] = new() { Size = 256, Levels = 7, Network = Paper.Network, GradientCheckpointing = true },
        ["paper-kept"] = new() { Size = 256, Levels = 7, Network = Paper.Network },
        // What computing the encoder twice costs, where a CPU can say it in minutes.
        ["paper-64"] = new() { Size = 64, Levels = 1, BatchSize = 1, Network = Paper.Network, GradientCheckpointing = true },
        ["paper-64-kept"] = new() { Size = 64, Levels = 1, BatchSize = 1, Network = Paper.Network },
        ["toy"] = new()
        {
            Size = 16, Levels = 2, BatchSize = 1,
            Network = new() { ChannelMultipliers = [1, 2], ResidualBlocks = 1, EncoderBlocks = 1, EncoderWidth = 8, EncoderGrowth = 4 },
        },
    };

    /// <summary>
    /// Measures in each format, and writes after each. The first format says what memory of a GPU it took, which torch keeps for the next
    /// ones.
    /// </summary>
    /// <param name="name">The network.</param>
    /// <param name="device">"cpu", "cuda" or "cuda:N".</param>
    /// <param name="limit">Time for all of it, roughly.</param>
    /// <param name="output">The file to write.</param>
    /// <returns>Whether any format could be measured.</returns>
    public static bool Measure(string name, string device, TimeSpan limit, string output)
    {
        // Five quantities in up to three formats; the rest is for kernels that are chosen and memory that is taken.
        MachineBenchmark benchmark = All[name] with { Device = device, TimeEach = limit / 30 };
        bool isGpu = device != "cpu";
        var found = new JsonObject
        {
            ["size"] = benchmark.Size,
            ["levels"] = benchmark.Levels,
            ["batch"] = benchmark.BatchSize,
        };
        using (GpuFlags? _ = GpuFlags.Use(torch.device(device), sameShapes: false))
        {
            found["tf32InProducts"] = backends.cuda.matmul.allow_tf32;
            found["tf32InConvolutions"] = backends.cudnn.allow_tf32;
        }

        bool isAny = false;
        foreach (Precision precision in Enum.GetValues<Precision>().Where(one => isGpu || one != Precision.Float16))
        {
            string format = Spelling.Write(precision);
            try
            {
                MachineMeasurement measured = benchmark.Measure(precision);
                measured = isAny ? measured with { PeakDeviceMemoryMb = null } : measured;
                isAny = true;
                JsonObject numbers = ResultFile.Node(measured).AsObject();
                double products = ProductGflops(precision, isGpu ? GpuSide : CpuSide, torch.device(device));
                numbers["matrixProductGflops"] = products;
                numbers["shareOfMatrixProducts"] = measured.UnetGflops / products;
                found[format] = numbers;
            }
            catch (Exception exception) when (exception is System.Runtime.InteropServices.ExternalException or InvalidOperationException)
            {
                found[format] = exception.Message.Split('\n')[0];
            }

            ResultFile.Write(output, found);
        }

        return isAny;
    }

    /// <summary>The best rate of products of two square matrices, in 10⁹ operations per second.</summary>
    private static double ProductGflops(Precision precision, int side, Device device)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using GpuFlags? flags = GpuFlags.Use(device, sameShapes: false);
        using Generator generator = SeededNumbers.Begin(0);

        // Random numbers: a GPU that multiplies equal ones takes less power, and is faster.
        Tensor left = SeededNumbers.Normal([side, side], device, generator).to_type(precision.HeavyType()), right = left.clone();
        double best = double.PositiveInfinity;
        for (int round = 0; round < Rounds; round++)
        {
            long before = Stopwatch.GetTimestamp();
            using Tensor product = left.matmul(right);
            if (device.type == DeviceType.CUDA)
            {
                cuda.synchronize(device);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }

        return 2.0 * side * side * side / best / 1e6;
    }
}
