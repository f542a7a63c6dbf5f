using System.Diagnostics;
using System.Globalization;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using TorchSharp;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// The time of a slice of Compact, with its own sampling: one after another with all threads, and as many at a time as there are threads.
/// </summary>
internal static class SliceThroughput
{
    private const int Levels = 7;

    /// <summary>Prints a row for each size: the medians over the rounds, in which the two ways take turns.</summary>
    public static void Measure(int rounds, int slices, IReadOnlyList<int> sizes)
    {
        int threads = Environment.ProcessorCount;
        Console.WriteLine($"| pixels | one after another, {threads} threads, ms | {threads} at a time, one thread each, ms | ratio |");
        Console.WriteLine("| --- | --- | --- | --- |");
        foreach (int size in sizes)
        {
            ConsensusSegmentationEstimator.Options compact = ConsensusSegmentationEstimator.Options.Compact();
            var description = new ModelDescription
            {
                Height = size, Width = size, ImageChannels = 1, Levels = Levels, Target = TrainingTarget.Consensus,
                Network = compact.Network.For(size, size), Diffusion = compact.Diffusion,
            };
            using ConsensusModel model = ConsensusModel.Create(description, torch.CPU, seed: 0);
            var random = new Random(0);
            float[] features = [.. Enumerable.Range(0, size * size).Select(_ => random.NextSingle())];
            var mirroring = Mirroring.LearnedFrom(new AugmentationPolicy(), MaskOffset.None);

            // The first prediction chooses kernels and takes memory.
            Predict(slices: threads, threads, 1);
            var alone = new List<double>();
            var together = new List<double>();
            for (int round = 0; round < rounds; round++)
            {
                alone.Add(Predict(slices, 1, threads));
                together.Add(Predict(slices, threads, 1));
            }

            (double one, double several) = (Median(alone), Median(together));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {size} | {one:0.0} | {several:0.0} | {several / one:0.00} |"));

            double Predict(int slices, int workers, int torchThreads)
            {
                int begun = 0;
                long before = Stopwatch.GetTimestamp();
                using var ahead = new WorkAhead<int, ConsensusPrediction>(
                    (out int item) => (item = begun++) < slices,
                    (item, stop) => model.Predict(features, compact.Sampling, (ulong)item, mirroring, cancellation: stop),
                    workers,
                    torchThreads);
                while (ahead.Take() is { } next)
                {
                    next.Result.Wait();
                }

                return Stopwatch.GetElapsedTime(before).TotalMilliseconds / slices;
            }
        }
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
