using System.Globalization;
using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;
using Microsoft.ML;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// The time and the score of each way to sample, on held-out cases. It is paired with the paper's protocol: same weights, same cases.
/// </summary>
internal static class FewerSteps
{
    private static readonly SamplingOptions One = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 1 };

    private static readonly (string Name, SamplingOptions Sampling)[] All =
    [
        ("DDIM 1", One),
        ("DDIM 1, bfloat16", One with { Precision = Precision.BFloat16 }),
        ("DDIM 2", One with { Steps = 2 }),
        .. new[] { 5, 10, 20, 25 }.Select(steps => ($"DDIM {steps}", One with { Steps = steps })),
        .. new[] { 5, 10, 20, 25 }.Select(steps => ($"DPM-Solver++ {steps}", One with { Steps = steps, Sampler = SamplerKind.DpmSolver })),
        ("DDIM 1, 4 generations", One with { Generations = 4 }),
        ("DDIM 1, 4 generations, mirrored", One with { Generations = 4, Mirror = true }),
        ("DDIM 1, 4 generations, mirrored, bfloat16", One with { Generations = 4, Mirror = true, Precision = Precision.BFloat16 }),
        (
            "DDIM 2, 4 generations, mirrored, bfloat16",
            One with { Generations = 4, Mirror = true, Steps = 2, Precision = Precision.BFloat16 }),
        (
            "DDIM 1, at most 25 generations, mirrored, until still within 0.002, bfloat16",
            One with { Generations = 25, Mirror = true, Tolerance = 0.002, Precision = Precision.BFloat16 }),
        ("DDPM 100", One with { Sampler = SamplerKind.Ddpm, Steps = null }),
        ("DDPM 100, bfloat16", One with { Sampler = SamplerKind.Ddpm, Steps = null, Precision = Precision.BFloat16 }),
        (
            "DDPM 100, 5 generations, bfloat16",
            One with { Sampler = SamplerKind.Ddpm, Steps = null, Generations = 5, Precision = Precision.BFloat16 }),
        (
            "DDPM 100, 25 generations, bfloat16",
            One with { Sampler = SamplerKind.Ddpm, Steps = null, Generations = 25, Precision = Precision.BFloat16 }),
    ];

    /// <summary>
    /// Scores every way to sample, or those named, with the models fold0.zip, fold1.zip, … of a folder. Prints a table whose differences
    /// are against the last way.
    /// </summary>
    public static void Measure(HeldOutCases cases, string models, string[] names)
    {
        var ml = new MLContext(seed: 1);
        var rows = new List<(string Name, double Seconds, double[] Scores, double Energy)>();
        foreach ((string name, SamplingOptions sampling) in All.Where(one => names.Length == 0 || names.Contains(one.Name)))
        {
            var scored = new List<CaseMetrics>();
            double seconds = 0;
            for (int fold = 0; fold < HeldOutCases.Folds && File.Exists(Path.Combine(models, $"fold{fold}.zip")); fold++)
            {
                ITransformer model = ml.Model.Load(Path.Combine(models, $"fold{fold}.zip"), out _), sampled = model.WithSampling(sampling);
                (SegmentationMetrics metrics, TimeSpan drawing) = cases.Evaluate(ml, sampled, fold, samples: "Samples");
                scored.AddRange(metrics.Cases);
                seconds += drawing.TotalSeconds;
                ((IDisposable)sampled).Dispose();
                ((IDisposable)model).Dispose();
            }

            rows.Add((
                name, seconds / scored.Count, [.. scored.Select(one => one.SoftDice5)],
                scored.Average(one => one.GeneralizedEnergyDistance)));
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name}: {rows[^1].Scores.Average():0.0000}, {rows[^1].Seconds:0.00} s a map"));
        }

        Console.WriteLine("| sampling | seconds a map | soft Dice | points against the last, paired, with 95 % interval | GED |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        foreach ((string name, double seconds, double[] scores, double energy) in rows)
        {
            double[] differences = [.. scores.Zip(rows[^1].Scores, (one, last) => 100 * (one - last))];
            ConfidenceInterval interval = Bootstrap.OfMean(differences);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {seconds:0.00} | {scores.Average():0.0000} | {differences.Average():+0.00;−0.00;0.00} "
                + $"({interval.Lower:+0.00;−0.00;0.00} to {interval.Upper:+0.00;−0.00;0.00}) | {energy:0.000} |"));
        }
    }
}
