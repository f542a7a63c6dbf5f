using Consensus.Imaging.Draws;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Draws;

public sealed class RaterBehaviorTests
{
    private const int Side = 32;

    [Theory]
    [InlineData(0, 2)]
    [InlineData(0.3, 2)]
    [InlineData(0.6, 2)]
    [InlineData(0.3, 4)]
    public void The_behaviour_that_masks_were_made_with_is_found_again(double correlation, double length)
    {
        RaterBehavior found = RaterBehavior.Fit(
            Enumerable.Range(0, 40).Select(i => RaterDraws.Draw(Disc(i), Side, Side, 7, new(correlation, length), seed: i)))!;
        Assert.Equal(correlation, found.Correlation, 0.1);
        Assert.InRange(found.Length, 0.8 * length, 1.4 * length);
    }

    [Fact]
    public void Nested_masks_have_a_correlation_of_1()
    {
        RaterMasks drawn = RaterDraws.Draw(Disc(0), Side, Side, 5, new(0.2, 3), seed: 1);
        var nested = new RaterMasks(5, Side, Side, ConsensusLabels.Levels(drawn));
        Assert.Equal(1, RaterBehavior.Fit([nested])!.Correlation, 1e-6);
    }

    // Of two pixels that half of the raters mark, both are marked by the share 1/4 + asin(r)/(2π) (Sheppard 1899).
    [Theory]
    [InlineData(12, 6, 4, 0.5)] // 1/3
    [InlineData(4, 2, 1, 0)]
    [InlineData(12, 6, 2, -0.5)] // 1/6
    [InlineData(12, 6, 6, 1)]
    [InlineData(12, 6, 0, -1)]
    public void The_correlation_of_two_pixels_follows_from_how_often_both_are_marked(int raters, int each, int both, double expected)
    {
        var together = new MarkedTogether();
        together.Add(raters, each, each, both);
        Assert.Equal(expected, together.Correlation(), 1e-6);
    }

    // At a correlation of 1 the smaller threshold decides: Φ₂ = Φ(min(h, k)). At −1, Φ₂ = max(0, Φ(h) + Φ(k) − 1).
    [Theory]
    [InlineData(-0.5, 0.8)]
    [InlineData(1.2, 1.2)]
    [InlineData(-1.067570523878141, 0.18001236979270438)]
    public void The_excess_over_chance_has_its_limits_at_a_correlation_of_1(double h, double k)
    {
        double first = RankedProbability.Cumulative(h), second = RankedProbability.Cumulative(k);
        Assert.Equal(Math.Min(first, second) - (first * second), MarkedTogether.Excess(h, k, Math.PI / 2), 1e-5);
        Assert.Equal(Math.Max(0, first + second - 1) - (first * second), MarkedTogether.Excess(h, k, -Math.PI / 2), 1e-5);
        Assert.Equal(0, MarkedTogether.Excess(h, k, 0));
    }

    [Fact]
    public void Raters_who_agree_say_nothing()
    {
        var alike = new RaterMasks(2, 1, 3, [0, 1, 1, 0, 1, 1]);
        var alone = new RaterMasks(1, 1, 3, [0, 1, 1]);
        Assert.Null(RaterBehavior.Fit([alike, alone]));
        Assert.Null(RaterBehavior.Fit([]));
    }

    // Counted on the raters of two sets: masks that are drawn from the raters' own soft map are nearer to the raters than its levels are.
    [Theory]
    [InlineData("brain-growth")]
    [InlineData("rat-smc")]
    public void Drawn_masks_are_nearer_to_real_raters_than_levels_are(string set)
    {
        string folder = SharedData.FindOrSkip(null, set, "train");
        RaterMasks[] cases =
        [
            .. Directory.GetDirectories(folder).Order(StringComparer.Ordinal).Take(16).Select(one => Resampling.Nearest(
                MaskReader.Read([.. Directory.GetFiles(one, "task01_seg*.nii.gz").Order(StringComparer.Ordinal)]), 64, 64)),
        ];
        RaterBehavior behavior = RaterBehavior.Fit(cases)!;
        double levels = cases.Average(masks => Distance(new(masks.Raters, 64, 64, ConsensusLabels.Levels(masks)), masks)),
            drawn = cases.Average(masks => Distance(
                RaterDraws.Draw(ConsensusLabels.SoftMap(masks), 64, 64, 100, behavior, seed: 1), masks));
        Assert.InRange(behavior.Correlation, 0.1, 0.5);
        Assert.True(drawn < 0.8 * levels, $"GED {drawn:0.0000} of drawn masks, {levels:0.0000} of levels");

        static double Distance(RaterMasks samples, RaterMasks raters) =>
            SampleSetMetrics.Compute(samples, raters).GeneralizedEnergyDistance;
    }

    /// <summary>A disc whose edge is uncertain: the share falls from 1 to 0 within some pixels.</summary>
    private static float[] Disc(int number)
    {
        (double row, double column, double radius) = (15 + (number % 3), 15 + (number % 2), 7 + (number % 4));
        return
        [
            .. Enumerable.Range(0, Side * Side).Select(i =>
                (float)Math.Clamp((radius + 3 - double.Hypot((i / Side) - row, (i % Side) - column)) / 6, 0, 1)),
        ];
    }
}
