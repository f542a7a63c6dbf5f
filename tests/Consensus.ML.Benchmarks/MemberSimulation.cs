using System.Diagnostics;
using System.Globalization;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Loop;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// What members would gain on machines with more cores than this one, from step times measured here. A step takes s + p / n on n threads
/// (Amdahl's law), times a factor that is drawn from those of the measured steps. Members wait for the slowest where a block of steps ends
/// (<see cref="StepBlock"/>, the class that trains), which costs more the more they are. That cores share memory is left out.
/// </summary>
internal static class MemberSimulation
{
    private const double BetweenMeetings = 1, Simulated = 3600;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private static readonly (int Cores, int Networks)[] Machines =
    [
        (2, 1), (2, 2), (16, 1), (16, 2), (16, 4), (16, 8), (16, 16), (64, 1), (64, 4), (64, 8), (64, 16), (64, 64),
    ];

    /// <summary>Measures steps on one thread and on two, and prints a row for each machine and number of networks.</summary>
    /// <param name="seconds">The time of each of the two measurements.</param>
    public static void Measure(double seconds)
    {
        double[] one = Times(threads: 1, seconds), two = Times(threads: 2, seconds);
        double parallel = 2 * (one.Average() - two.Average()), serial = one.Average() - parallel;
        double[] factors = [.. one.Select(time => time / one.Average())];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"A step takes {1000 * one.Average():0} ms on one thread ({one.Length} steps, standard deviation "
            + $"{100 * Deviation(factors):0} %) and {1000 * two.Average():0} on two: s = {1000 * serial:0}, p = {1000 * parallel:0}."));
        Console.WriteLine(
            "| cores | networks | threads each | steps a second of all, computed | simulated | lost by waiting "
            + "| to one network, simulated |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        var alone = new Dictionary<int, double>();
        foreach ((int cores, int networks) in Machines)
        {
            double step = serial + (parallel * networks / cores), computed = networks / step;
            double simulated = Simulate(networks, step, factors);
            alone.TryAdd(cores, simulated);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {cores} | {networks} | {cores / networks} | {computed:0.0} | {simulated:0.0} "
                + $"| {100 * Math.Max(0, 1 - (simulated / computed)):0} % | {simulated / alone[cores]:0.0} |"));
        }
    }

    /// <summary>Steps a second of all networks, over an hour that passes in the simulation alone.</summary>
    /// <param name="networks">Number of members.</param>
    /// <param name="step">Mean time of a step in seconds.</param>
    /// <param name="factors">What the time of a step may be multiplied by, each as likely.</param>
    private static double Simulate(int networks, double step, double[] factors)
    {
        var random = new Random(1);
        double now = 0;
        int done = 0;
        while (now < Simulated)
        {
            double end = now + BetweenMeetings;
            var block = new StepBlock(done, _ => now >= end, _ => 0);
            var next = new PriorityQueue<int, double>(Enumerable.Repeat((done, now), networks));
            while (next.TryDequeue(out int steps, out double time))
            {
                now = time;
                if (block.TryBegin(steps) is not null)
                {
                    next.Enqueue(steps + 1, now + (step * factors[random.Next(factors.Length)]));
                }
                else
                {
                    done = steps;
                }
            }
        }

        return networks * done / now;
    }

    /// <summary>The times of steps in seconds.</summary>
    private static double[] Times(int threads, double seconds)
    {
        using var used = TorchThreads.Use(threads);
        using var ended = new CancellationTokenSource();
        long began = Stopwatch.GetTimestamp(), before = 0;
        var times = new List<double>();
        var progress = new Reports(() =>
        {
            long now = Stopwatch.GetTimestamp();
            TimeSpan elapsed = Stopwatch.GetElapsedTime(began, now);
            if (before != 0)
            {
                times.Add(Stopwatch.GetElapsedTime(before, now).TotalSeconds);
            }

            before = elapsed > WarmUp ? now : 0;
            if (elapsed > WarmUp + TimeSpan.FromSeconds(seconds))
            {
                ended.Cancel();
            }
        });
        CompactTraining.Trainer(compact => compact with { Steps = 100_000 })
            .Train(CompactTraining.Cases, progress, log: null, ended.Token).Model.Dispose();

        // The last report comes when the run has ended.
        return [.. times.SkipLast(1)];
    }

    private static double Deviation(double[] factors) => Math.Sqrt(factors.Average(factor => (factor - 1) * (factor - 1)));

    private sealed class Reports(Action report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report();
    }
}
