using Consensus.Imaging.Draws;

namespace Consensus.Imaging.Tests.Draws;

public sealed class RaterDrawsTests
{
    // Two of five raters mark the first pixel, and so on; nobody the last but one, and all the last.
    private static readonly float[] Shares = [0.4f, 0.6f, 0.2f, 0.8f, 0, 1];

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Each_pixel_is_marked_as_often_as_the_soft_map_says(double correlation)
    {
        const int Count = 10_000;
        RaterMasks masks = RaterDraws.Draw(Shares, 2, 3, Count, new(correlation, 1.5), seed: 3);
        for (int pixel = 0; pixel < Shares.Length; pixel++)
        {
            double share = Marks(masks, pixel).Average(), error = Math.Sqrt(Shares[pixel] * (1 - Shares[pixel]) / Count);
            Assert.InRange(share, Shares[pixel] - (4 * error), Shares[pixel] + (4 * error));
        }
    }

    // Sheppard 1899: two normal numbers of the correlation r are both below 0 with the probability 1/4 + asin(r)/(2π): 1/3 for 1/2.
    [Theory]
    [InlineData(0.5, 1, 39)] // far apart, where ρ alone counts
    [InlineData(0, 2.547956, 3)] // exp(−3²/(2ℓ²)) = 1/2
    public void Two_pixels_are_marked_together_as_often_as_the_copula_says(double correlation, double length, int distance)
    {
        const int Count = 10_000;
        float[] map = [.. Enumerable.Repeat(0.5f, 40)];
        RaterMasks masks = RaterDraws.Draw(map, 1, 40, Count, new(correlation, length), seed: 5);
        double both = Marks(masks, 0).Zip(Marks(masks, distance), (one, other) => one * other).Average();
        Assert.Equal(1 / 3.0, both, 4 * Math.Sqrt(2 / 9.0 / Count));
    }

    [Fact]
    public void At_a_correlation_of_1_masks_are_the_level_sets()
    {
        const int Count = 4000;
        float[] map = [0, 0.25f, 0.5f, 0.75f, 1];
        string[] levels = ["01111", "00111", "00011", "00001"];
        RaterMasks masks = RaterDraws.Draw(map, 1, 5, Count, new(1, 1), seed: 0);
        string[] drawn = [.. Enumerable.Range(0, Count).Select(mask => string.Concat(masks.Rater(mask).ToArray()))];
        Assert.All(levels, level =>
            Assert.InRange(drawn.Count(one => one == level), (Count / 4) - 110, (Count / 4) + 110)); // 4 standard errors
        Assert.Empty(drawn.Except(levels));
    }

    [Fact]
    public void Below_a_correlation_of_1_masks_cross_each_other()
    {
        float[] map = [.. Enumerable.Repeat(0.5f, 100)];
        RaterMasks masks = RaterDraws.Draw(map, 10, 10, 2, new(0.2, 1), seed: 0);
        int[] differences = [.. Enumerable.Range(0, map.Length).Select(pixel => masks.Rater(0)[pixel] - masks.Rater(1)[pixel])];
        Assert.Contains(1, differences);
        Assert.Contains(-1, differences);
    }

    [Fact]
    public void The_seed_alone_decides_and_more_masks_leave_the_first_as_they_are()
    {
        float[] map = [.. Enumerable.Range(0, 48).Select(i => i / 48f)];
        byte[] Draw(int count, int seed) => RaterDraws.Draw(map, 6, 8, count, new(0.4, 2), seed).Pixels;
        Assert.Equal(Draw(5, 7), Draw(5, 7));
        Assert.Equal(Draw(5, 7), Draw(9, 7)[..(5 * 48)]);
        Assert.NotEqual(Draw(5, 7), Draw(5, 8));
    }

    [Fact]
    public void A_map_on_which_all_agree_is_drawn_as_it_is()
    {
        byte[] drawn = RaterDraws.Draw([0, 1, 1.00005f, -0.00005f], 2, 2, 2, new(0.5, 1), seed: 0).Pixels;
        Assert.Equal([0, 1, 1, 0, 0, 1, 1, 0], drawn);
    }

    [Theory]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.5, 0)]
    [InlineData(1 / 7.0, -1.067570523878141)]
    [InlineData(0.0013498980316301, -3)]
    public void Thresholds_are_the_quantiles_of_the_normal_distribution(double share, double expected) =>
        Assert.Equal(expected, MarkingThresholds.Quantile(share), 1e-9);

    [Fact]
    public void Wrong_arguments_are_refused_with_the_value_and_what_is_allowed()
    {
        var behavior = new RaterBehavior(0.5, 2);
        Assert.Contains("2×2 has 4 values, but 3", Message<ArgumentException>(() => RaterDraws.Draw([0, 0, 0], 2, 2, 1, behavior, 0)));
        Assert.Contains("1.5 at row 1, column 0", Message<ArgumentException>(() => RaterDraws.Draw([0, 0, 1.5f, 0], 2, 2, 1, behavior, 0)));
        Assert.Contains("NaN at row 0, column 1", Message<ArgumentException>(() => RaterDraws.Draw([0, float.NaN], 1, 2, 1, behavior, 0)));
        Assert.Contains("1 to 10000", Message<ArgumentOutOfRangeException>(() => RaterDraws.Draw([0], 1, 1, 0, behavior, 0)));
        Assert.Contains("from 0 to 1", Message<ArgumentOutOfRangeException>(() => _ = new RaterBehavior(1.1, 2)));
        Assert.Contains("from 0 to 1", Message<ArgumentOutOfRangeException>(() => _ = new RaterBehavior(double.NaN, 2)));
        Assert.Contains("at most 1000 pixels", Message<ArgumentOutOfRangeException>(() => _ = new RaterBehavior(1, 0)));

        static string Message<T>(Action action)
            where T : Exception => Assert.Throws<T>(action).Message;
    }

    private static IEnumerable<double> Marks(RaterMasks masks, int pixel) =>
        Enumerable.Range(0, masks.Raters).Select(mask => (double)masks.Rater(mask)[pixel]);
}
