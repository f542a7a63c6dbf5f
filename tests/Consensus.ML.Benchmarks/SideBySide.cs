using System.Diagnostics;
using System.Globalization;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// What it gains to train several networks at the same time: one network on all threads, several networks as members of one run, and
/// several networks in processes of one thread each.
/// </summary>
/// <remarks>
/// Each measurement is a separate process. The ways take turns, so that a slow minute affects all of them. Besides time, it prints the
/// processor time and the page faults of a step: they say the same on a machine that has other work.
/// </remarks>
internal static class SideBySide
{
    public const string Once = "members-once";

    private const int HeldOut = 4, StepsOfValidation = 10;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3), Longest = TimeSpan.FromMinutes(3);

    /// <summary>Prints a row for each way and round, and the medians of the ratios to one network.</summary>
    /// <param name="rounds">How many times each way is measured.</param>
    /// <param name="members">Number of networks.</param>
    /// <param name="seconds">The time of a measurement, once without and once with validations.</param>
    public static void Measure(int rounds, int members, double seconds)
    {
        Console.WriteLine(
            "| round | way | steps a second, all networks | to one network | with validations | to one network | CPU ms a step "
            + "| in the kernel | page faults a step |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        (string Name, Func<Rate[]> Run)[] ways =
        [
            ("one network, all threads", () => RunProcesses(1, 1, Environment.ProcessorCount, seconds)),
            ($"{members} members of one run", () => RunProcesses(1, members, Environment.ProcessorCount, seconds)),
            ($"{members} processes of one thread", () => RunProcesses(members, 1, 1, seconds)),
        ];
        var ratios = ways.Select(_ => new List<(double Steps, double Validated)>()).ToArray();
        for (int round = 1; round <= rounds; round++)
        {
            (double Steps, double Validated) one = default;
            for (int way = 0; way < ways.Length; way++)
            {
                Rate[] rates = ways[way].Run();
                double steps = rates.Sum(rate => rate.Steps), validated = rates.Sum(rate => rate.Validated);
                one = way == 0 ? (steps, validated) : one;
                ratios[way].Add((steps / one.Steps, validated / one.Validated));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {round} | {ways[way].Name} | {steps:0.00} | {steps / one.Steps:0.00} | {validated:0.00} "
                    + $"| {validated / one.Validated:0.00} | {rates.Average(rate => rate.Cpu):0} | {rates.Average(rate => rate.Kernel):0} "
                    + $"| {rates.Average(rate => rate.Faults):0} |"));
            }
        }

        Console.WriteLine();
        for (int way = 1; way < ways.Length; way++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{ways[way].Name}, to one network (median): {Median(ratios[way].Select(ratio => ratio.Steps)):0.00}; "
                + $"with validations: {Median(ratios[way].Select(ratio => ratio.Validated)):0.00}"));
        }
    }

    /// <summary>Runs in a separate process: prints what a training of some members makes in a time.</summary>
    public static void MeasureHere(int members, int threads, double seconds)
    {
        using var used = TorchThreads.Use(threads);
        (_, Rate without) = Train(members, TimeSpan.FromSeconds(seconds), []);
        (double validated, _) = Train(members, TimeSpan.FromSeconds(seconds), CompactTraining.SomeCases(HeldOut, seed: 1));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{without.Steps} {validated} {without.Cpu} {without.Kernel} {without.Faults}"));
    }

    private static (double Steps, Rate Rate) Train(int members, TimeSpan time, TrainingCase[] validation)
    {
        using var ended = new CancellationTokenSource();
        Window? window = null;
        long before = Stopwatch.GetTimestamp();
        var progress = new Steps(step =>
        {
            if (window is null && Stopwatch.GetElapsedTime(before) > WarmUp)
            {
                window = Window.Begin(step);
            }
            else if (window is { } open && open.Elapsed > time)
            {
                window = open.End(step);
                ended.Cancel();
            }
        });
        CompactTraining.Trainer(
                compact => compact with { Steps = 100_000, Validations = 100_000 / StepsOfValidation }, validation, members)
            .Train(CompactTraining.Cases, progress, log: null, ended.Token).Model.Dispose();
        Rate rate = window!.Rate(members);
        return (rate.Steps, rate);
    }

    private static Rate[] RunProcesses(int processes, int members, int threads, double seconds)
    {
        Process[] running =
        [
            .. Enumerable.Range(0, processes).Select(_ => Process.Start(new ProcessStartInfo(
                "dotnet",
                [
                    "exec", typeof(SideBySide).Assembly.Location, Once, $"{members}", $"{threads}",
                    seconds.ToString(CultureInfo.InvariantCulture),
                ])
            {
                RedirectStandardOutput = true,
            })!),
        ];
        try
        {
            Task<string>[] outputs = [.. running.Select(process => process.StandardOutput.ReadToEndAsync())];
            if (!Task.WaitAll(outputs, Longest))
            {
                throw new TimeoutException($"A measurement took more than {Longest.TotalMinutes} minutes.");
            }

            return
            [
                .. outputs.Select(output => output.Result.Split(' ')
                    .Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray())
                    .Select(numbers => new Rate(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])),
            ];
        }
        finally
        {
            foreach (Process process in running)
            {
                process.Kill();
                process.Dispose();
            }
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>What a process made: steps of all its networks a second, and what one of them took.</summary>
    private sealed record Rate(double Steps, double Validated, double Cpu, double Kernel, double Faults);

    /// <summary>A time in a run, with the processor time and the page faults of this process.</summary>
    private sealed record Window(int From, long Start, TimeSpan User, TimeSpan Kernel, long Faults, int Count, TimeSpan Time)
    {
        public TimeSpan Elapsed => Stopwatch.GetElapsedTime(Start);

        public static Window Begin(int step)
        {
            Environment.ProcessCpuUsage cpu = Environment.CpuUsage;
            return new(step, Stopwatch.GetTimestamp(), cpu.UserTime, cpu.PrivilegedTime, PageFaults(), 0, default);
        }

        public Window End(int step)
        {
            Environment.ProcessCpuUsage cpu = Environment.CpuUsage;
            return this with
            {
                Time = Elapsed, Count = step - From, User = cpu.UserTime - User, Kernel = cpu.PrivilegedTime - Kernel,
                Faults = PageFaults() - Faults,
            };
        }

        public Rate Rate(int members)
        {
            double steps = Count * members;
            return new(
                steps / Time.TotalSeconds, 0, (User + Kernel).TotalMilliseconds / steps, Kernel.TotalMilliseconds / steps, Faults / steps);
        }

        // proc_pid_stat(5): the tenth field counts page faults that read nothing from a disk. The second field may hold spaces.
        private static long PageFaults()
        {
            const string path = "/proc/self/stat";
            return File.Exists(path)
                ? long.Parse(
                    File.ReadAllText(path).Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[7],
                    CultureInfo.InvariantCulture)
                : 0;
        }
    }

    private sealed class Steps(Action<int> reported) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => reported(value.Step);
    }
}
