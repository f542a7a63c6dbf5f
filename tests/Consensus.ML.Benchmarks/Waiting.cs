using System.Diagnostics;
using System.Globalization;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Loop;
using TorchSharp;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// The cost of torch's threads when they wait for each other: a training step and a prediction of Compact at 64 pixels, alone and beside
/// busy processes.
/// </summary>
/// <remarks>
/// Libgomp reads how long its threads wait actively when it is loaded. So each measurement is a separate process. The settings take turns,
/// so that a slow minute affects all of them.
/// </remarks>
internal static class Waiting
{
    public const string Once = "waiting-once", Busy = "waiting-busy", Free = "free";

    private const int Size = 64, Levels = 7, LeastRepetitions = 5;

    private static readonly int[] BusyProcesses = [0, 1, 3];

    private static readonly TimeSpan TimeEach = TimeSpan.FromSeconds(1.5), LongestProcess = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Prints a row for each setting and number of busy processes: the medians over the rounds, and their ratio to the first setting.
    /// </summary>
    /// <param name="rounds">How many times each setting is measured.</param>
    /// <param name="settings">
    /// THREADS or THREADS:VARIABLE=VALUE, where VARIABLE is an environment variable. THREADS is a number or "free". With "free", training
    /// that only time ends chooses its number of threads itself, and predictions keep torch's own number.
    /// </param>
    public static void Measure(int rounds, IReadOnlyList<string> settings)
    {
        Console.WriteLine(
            "| busy processes | threads | training step, ms | prediction, ms | training, by the first | prediction, by the first |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (int busy in BusyProcesses)
        {
            List<(double Training, double Prediction)>[] found = [.. settings.Select(_ => new List<(double, double)>())];
            Process[] others = [.. Enumerable.Range(0, busy).Select(_ => Start([Busy], null))];
            try
            {
                for (int round = 0; round < rounds; round++)
                {
                    for (int i = 0; i < settings.Count; i++)
                    {
                        found[i].Add(MeasureProcess(settings[i]));
                    }
                }
            }
            finally
            {
                foreach (Process other in others)
                {
                    other.Kill();
                    other.Dispose();
                }
            }

            double[] training = [.. found.Select(times => Median(times.Select(time => time.Training)))];
            double[] prediction = [.. found.Select(times => Median(times.Select(time => time.Prediction)))];
            for (int i = 0; i < settings.Count; i++)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {busy} | {settings[i]} | {training[i]:0} | {prediction[i]:0} | {training[i] / training[0]:0.00} | "
                    + $"{prediction[i] / prediction[0]:0.00} |"));
            }
        }
    }

    /// <summary>Runs in a separate process: prints the medians of a training step and of a prediction.</summary>
    public static void MeasureHere(string threads)
    {
        using var used = TorchThreads.Use(threads == Free ? null : int.Parse(threads, CultureInfo.InvariantCulture));
        ConsensusSegmentationEstimator.Options compact = ConsensusSegmentationEstimator.Options.Compact();
        var description = new ModelDescription
        {
            Height = Size, Width = Size, ImageChannels = 1, Levels = Levels, Target = TrainingTarget.Consensus,
            Network = compact.Network.For(Size, Size), Diffusion = compact.Diffusion,
        };
        TrainingOptions options = compact.Training with
        {
            Steps = threads == Free ? null : int.MaxValue,
            TimeLimit = threads == Free ? TimeSpan.FromHours(1) : null,
            ValidationFraction = 0,
        };
        var random = new Random(0);
        TrainingCase[] cases = [.. Enumerable.Range(0, options.BatchSize).Select(Case)];
        var training = new List<double>();
        using var ended = new CancellationTokenSource();
        long before = Stopwatch.GetTimestamp(), last = 0;
        new ConsensusTrainer(description, options, new AugmentationPolicy(), [0f], seed: 0, torch.CPU)
            .Train(cases, new Steps(Reported), log: null, ended.Token).Model
            .Dispose();

        using ConsensusModel model = ConsensusModel.Create(description, torch.CPU, seed: 0);
        float[] features = cases[0].Features;
        var mirroring = new Mirroring(Mirrored.Rows | Mirrored.Columns, MaskOffset.None);
        model.Predict(features, compact.Sampling, 0, mirroring);
        var prediction = new List<double>();
        before = Stopwatch.GetTimestamp();
        while (prediction.Count < LeastRepetitions || Stopwatch.GetElapsedTime(before) < TimeEach)
        {
            last = Stopwatch.GetTimestamp();
            model.Predict(features, compact.Sampling, 0, mirroring);
            prediction.Add(Stopwatch.GetElapsedTime(last).TotalMilliseconds);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Median(training)} {Median(prediction)}"));

        // The first step chooses kernels and takes memory. Training looks for free processors after a second.
        void Reported()
        {
            if (last > 0 && Stopwatch.GetElapsedTime(before) > TimeEach)
            {
                training.Add(Stopwatch.GetElapsedTime(last).TotalMilliseconds);
            }

            last = Stopwatch.GetTimestamp();
            if (training.Count >= LeastRepetitions && Stopwatch.GetElapsedTime(before) > 2 * TimeEach)
            {
                ended.Cancel();
            }
        }

        TrainingCase Case(int number)
        {
            var masks = new byte[Levels * Size * Size];
            random.NextBytes(masks);
            return new($"{number}", [.. Enumerable.Range(0, Size * Size).Select(_ => random.NextSingle())], new(
                Levels, Size, Size, [.. masks.Select(value => (byte)(value & 1))]));
        }
    }

    /// <summary>Keeps one core busy. It ends by itself if nothing has ended it in time.</summary>
    public static void KeepBusy()
    {
        long before = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(before) < TimeSpan.FromMinutes(30))
        {
        }
    }

    private static (double Training, double Prediction) MeasureProcess(string setting)
    {
        string[] parts = setting.Split(':', 2);
        using Process process = Start([Once, parts[0]], parts.Length == 2 ? parts[1] : null);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(LongestProcess))
        {
            process.Kill();
            throw new TimeoutException($"'{setting}' took more than {LongestProcess.TotalMinutes} minutes.");
        }

        double[] numbers = [.. output.Result.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return (numbers[0], numbers[1]);
    }

    private static Process Start(string[] arguments, string? variable)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Waiting).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
        };
        if (variable?.Split('=', 2) is [string name, string value])
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private sealed class Steps(Action reported) : IProgress<TrainingProgress>
    {
        private int _step;

        public void Report(TrainingProgress value)
        {
            if (value.Step > _step)
            {
                _step = value.Step;
                reported();
            }
        }
    }
}
