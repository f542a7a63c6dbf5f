using System.Diagnostics;
using System.Globalization;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Checkpoints;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// What checkpoints cost a training of Compact at 64 pixels: none, written between two steps, and written in the background. The ways take
/// turns, so that a slow minute affects all of them.
/// </summary>
internal static class CheckpointCost
{
    // The first steps also load code and find memory.
    private const int WarmUp = 5;

    /// <summary>Prints a row for each round and way, and the medians over the rounds.</summary>
    /// <param name="rounds">How many times each way is measured.</param>
    /// <param name="every">Number of steps between two checkpoints.</param>
    /// <param name="steps">Number of steps of a training, more than five.</param>
    /// <param name="threads">Number of threads of the training.</param>
    /// <param name="folder">A folder on the disk or network file system to measure. It is left as it was.</param>
    public static void Measure(int rounds, int every, int steps, int threads, string folder)
    {
        using var used = TorchThreads.Use(threads);
        (string Name, Func<Times> Run)[] ways =
        [
            ("none", () => Train(steps, null, false)),
            ("between two steps", () => InFolder(folder, path => Train(steps, Options(path, every), false))),
            ("in the background", () => InFolder(folder, path => Train(steps, Options(path, every), true))),
        ];
        Console.WriteLine($"| round | checkpoints, every {every} steps | mean step, ms | median step, ms | slowest step, ms |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        List<Times>[] found = [.. ways.Select(_ => new List<Times>())];
        for (int round = 1; round <= rounds; round++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                Times times = ways[way].Run();
                found[way].Add(times);
                Print($"{round}", ways[way].Name, times);
            }
        }

        for (int way = 0; way < ways.Length; way++)
        {
            Print("median", ways[way].Name, new(
                Median(found[way].Select(times => times.Mean)), Median(found[way].Select(times => times.Median)),
                Median(found[way].Select(times => times.Slowest))));
        }
    }

    private static void Print(string round, string way, Times times) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"| {round} | {way} | {times.Mean:0.0} | {times.Median:0.0} | {times.Slowest:0.0} |"));

    private static CheckpointOptions Options(string folder, int every) => new() { Folder = folder, EverySteps = every, Interval = null };

    private static Times InFolder(string parent, Func<string, Times> measure)
    {
        string folder = Path.Combine(parent, $"consensus-benchmark-{Guid.NewGuid():N}");
        try
        {
            return measure(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Times Train(int steps, CheckpointOptions? checkpoints, bool inBackground)
    {
        using CheckpointFolder? folder = checkpoints is null
            ? null
            : CheckpointFolder.Open(checkpoints, Console.Error.WriteLine, inBackground: inBackground);
        var reports = new List<long>();
        CompactTraining.Trainer(compact => compact with { Steps = steps }, checkpoints: folder)
            .Train(CompactTraining.Cases, new Reports(reports), log: null, CancellationToken.None).Model.Dispose();

        // The report after the last step comes when the run has ended.
        double[] times =
        [
            .. Enumerable.Range(WarmUp, steps - WarmUp).Select(
                step => Stopwatch.GetElapsedTime(reports[step - 1], reports[step]).TotalMilliseconds),
        ];
        return new(times.Average(), Median(times), times.Max());
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private sealed record Times(double Mean, double Median, double Slowest);

    private sealed class Reports(List<long> times) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => times.Add(Stopwatch.GetTimestamp());
    }
}
