using System.Diagnostics;
using System.Globalization;
using Consensus.ML.Onnx;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;
using TorchSharp;

namespace Consensus.ML.Benchmarks;

/// <summary>One model by torch in float32 and in bfloat16, and by ONNX Runtime: each in processes of its own, with one thread.</summary>
internal static class OnnxComparison
{
    /// <summary>The word for a process that measures one of them.</summary>
    public const string Once = "onnx-once";

    private const int Rounds = 3, Maps = 30;

    /// <summary>Prints a row for each. The ways take turns, so that a busy machine slows all of them.</summary>
    /// <param name="zip">The model as a zip.</param>
    /// <param name="onnx">The same model, exported with the same sampling.</param>
    /// <param name="image">The image to predict.</param>
    public static void Measure(string zip, string onnx, string image)
    {
        (string Name, string[] Arguments)[] ways =
        [
            ("torch, float32", [zip, "float32", image]), ("torch, bfloat16", [zip, "bfloat16", image]),
            ("ONNX Runtime, float32", [onnx, "float32", image]),
        ];
        var found = ways.Select(_ => new List<double[]>()).ToArray();
        for (int round = 0; round < Rounds; round++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                found[way].Add(Run(ways[way].Arguments));
            }
        }

        Console.WriteLine("| way | ms a map | to torch | process to first map, s | to torch | most memory, MiB | to torch |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        double[] torch = Medians(found[0]);
        for (int way = 0; way < ways.Length; way++)
        {
            double[] values = Medians(found[way]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {ways[way].Name} | {values[0]:0.0} | {values[0] / torch[0]:0.00} | {values[1]:0.00} | {values[1] / torch[1]:0.00} | "
                + $"{values[2]:0} | {values[2] / torch[2]:0.00} |"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Native libraries on disk: torch {Megabytes(name => name.Contains("torch", StringComparison.OrdinalIgnoreCase)):0} MB, "
            + $"ONNX Runtime {Megabytes(name => name.StartsWith("libonnxruntime", StringComparison.Ordinal)):0} MB."));
    }

    /// <summary>Measures one way in this process.</summary>
    public static void MeasureHere(string file, string precision, string image)
    {
        DateTime began = Process.GetCurrentProcess().StartTime;
        var ml = new MLContext();
        ITransformer model;
        if (file.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            model = ml.Model.LoadOnnx(file, new() { Threads = 1 });
        }
        else
        {
            ITransformer saved = ml.Model.Load(file, out _);
            Precision asked = Spelling.List<Precision>().Single(one => one.Text == precision).Value;
            SamplingOptions own = saved.GetSteps().OfType<SegmentationTransformer>().Single().Sampling;
            model = saved.WithSampling(own with { Precision = asked });
            torch.set_num_threads(1);
        }

        PredictionEngine<Request, Answer> engine = ml.Model.CreatePredictionEngine<Request, Answer>(model);
        engine.Predict(new() { ImagePath = image });
        double first = (DateTime.Now - began).TotalSeconds;
        var times = new double[Maps];
        for (int i = 0; i < Maps; i++)
        {
            long start = Stopwatch.GetTimestamp();
            engine.Predict(new() { ImagePath = image });
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{times.Order().ElementAt(Maps / 2)} {first} {process.PeakWorkingSet64 / 1048576.0}"));
    }

    private static double[] Run(string[] arguments)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!, [.. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
                ? new[] { typeof(OnnxComparison).Assembly.Location }
                : [], Once, .. arguments])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using Process process = Process.Start(start)!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0
            ? [.. lines[^1].Split(' ').Select(value => double.Parse(value, CultureInfo.InvariantCulture))]
            : throw new InvalidOperationException($"'{string.Join(' ', arguments)}' failed.");
    }

    private static double[] Medians(List<double[]> rounds) =>
        [.. Enumerable.Range(0, 3).Select(column => rounds.Select(round => round[column]).Order().ElementAt(rounds.Count / 2))];

    private static double Megabytes(Func<string, bool> isOne) => Directory
        .EnumerateFiles(AppContext.BaseDirectory, "*.so*", SearchOption.AllDirectories)
        .Where(path => path.Contains("linux-x64", StringComparison.Ordinal) && isOne(Path.GetFileName(path)))
        .Sum(path => new FileInfo(path).Length) / 1e6;

    private sealed class Request
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class Answer
    {
        public float[] SoftMap { get; set; } = [];
    }
}
