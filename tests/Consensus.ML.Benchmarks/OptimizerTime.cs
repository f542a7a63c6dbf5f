using System.Diagnostics;
using System.Globalization;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Benchmarks;

/// <summary>The time that the optimizer takes of a training step of Compact with seven levels at 64 pixels, on one thread.</summary>
internal static class OptimizerTime
{
    private const int Side = 64, Levels = 7, Steps = 12;

    /// <summary>Prints a row for each optimizer: the shortest and the median time of its steps.</summary>
    /// <param name="rounds">How many times each is measured. They take turns.</param>
    public static void Measure(int rounds)
    {
        TorchRuntime.Load();
        using var used = TorchThreads.Use(1);
        NetworkOptions options = new ConsensusSegmentationEstimator.Options().Network.For(Side, Side);
        var network = new ConsensusNetwork(options, Side, imageChannels: 1, levels: null, learnedVariance: false, maps: Levels);
        OptimizerKind[] kinds = Enum.GetValues<OptimizerKind>();
        Dictionary<OptimizerKind, List<double>> times = kinds.ToDictionary(kind => kind, _ => new List<double>());
        for (int round = 0; round < rounds; round++)
        {
            foreach (OptimizerKind kind in kinds)
            {
                times[kind].AddRange(Times(network.Layout, kind));
            }
        }

        Console.WriteLine("| optimizer | shortest step, ms | median step, ms |");
        Console.WriteLine("| --- | --- | --- |");
        foreach ((OptimizerKind kind, List<double> of) in times)
        {
            of.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {kind} | {of[0]:0.0} | {of[of.Count / 2]:0.0} |"));
        }
    }

    private static IEnumerable<double> Times(WeightLayout layout, OptimizerKind kind)
    {
        var training = new TrainingOptions { Optimizer = kind, GradientClipping = 1, UpdateClipping = 1 };
        using var optimizer = new Optimizer(WeightSet.Initialize(layout, CPU, seed: 1), training);
        using Generator generator = SeededNumbers.Begin(1);
        for (int step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            Tensor gradient = optimizer.GatherGradients();
            gradient.copy_(SeededNumbers.Normal(gradient.shape, CPU, generator));
            var watch = Stopwatch.StartNew();
            optimizer.Step(1e-3);
            yield return watch.Elapsed.TotalMilliseconds;
        }
    }
}
