using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Draws;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// How near masks that are drawn from the raters' own soft map are to the raters' masks, beside its levels. No model is trained. What is
/// learned of the raters comes from the other half of the cases.
/// </summary>
internal static class DrawnMasks
{
    private const int Count = 1000;

    /// <param name="folder">A folder with a folder for each case, such as …/brain-growth/train.</param>
    /// <param name="side">The size of the masks, in pixels.</param>
    public static void Measure(string folder, int side)
    {
        RaterMasks[] cases =
            [.. Directory.GetDirectories(folder).Order(StringComparer.Ordinal).Select(one => Read(one, side))];
        RaterBehavior?[] learned = [.. Enumerable.Range(0, 2).Select(half => RaterBehavior.Fit(cases.Where((_, i) => i % 2 != half)))];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{folder}, {cases.Length} cases at {side} pixels; learned: "
            + $"{string.Join(", ", learned.Select(one => FormattableString.Invariant($"ρ {one!.Correlation:0.00} ℓ {one.Length:0.0}")))}"));
        Print("levels", (masks, _) => new(masks.Raters, side, side, ConsensusLabels.Levels(masks)));
        Print("drawn as learned", (masks, i) => Draw(masks, learned[i % 2]!));
        Print("drawn, ρ 1", (masks, _) => Draw(masks, new(1, 1)));
        Print("drawn, pixels independent", (masks, _) => Draw(masks, new(0, 0.1)));
        Print("raters", (masks, _) => masks);

        void Print(string name, Func<RaterMasks, int, RaterMasks> samples)
        {
            double distance = 0, diversity = 0, area = 0;
            for (int i = 0; i < cases.Length; i++)
            {
                BinaryMasks drawn = new(samples(cases[i], i)), raters = new(cases[i]);
                (double apart, double within) = SampleSetMetrics.Energy(drawn, raters, new());
                distance += apart / cases.Length;
                diversity += within / cases.Length;
                area += SampleSetMetrics.Wasserstein(drawn.Areas, raters.Areas) / raters.Areas.Average() / cases.Length;
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {distance:0.0000} | {diversity:0.000} | {area:0.000} |"));
        }
    }

    private static RaterMasks Draw(RaterMasks masks, RaterBehavior behavior) =>
        RaterDraws.Draw(ConsensusLabels.SoftMap(masks), masks.Height, masks.Width, Count, behavior, seed: 1);

    private static RaterMasks Read(string folder, int side) => Resampling.Nearest(
        MaskReader.Read([.. Directory.GetFiles(folder, "task01_seg*").Order(StringComparer.Ordinal)]), side, side);
}
