using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

/// <summary>The values for sets of masks with four pixels are derived by hand.</summary>
public sealed class SampleSetMetricsTests
{
    [Fact]
    public void Three_samples_and_two_raters_follow_by_hand()
    {
        SampleSetMetrics set = Compare(["1100", "0110", "0000"], ["1100", "1000"]);

        // 1 − IoU between samples and raters is 0, 1/2; 2/3, 1; 1, 1. Among the samples, the sum is twice 2/3 + 1 + 1, over nine ordered
        // pairs. Among the raters it is twice 1/2, over four ordered pairs.
        double across = (0 + 0.5 + (2 / 3.0) + 1 + 1 + 1) / 6, samples = 2 * (2 / 3.0 + 1 + 1) / 9, raters = 2 * 0.5 / 4;
        Assert.Equal(samples, set.SampleDiversity, 1e-12);
        Assert.Equal(raters, set.RaterDiversity, 1e-12);
        Assert.Equal((2 * across) - samples - raters, set.GeneralizedEnergyDistance, 1e-12);
        Assert.Equal(59 / 108.0, set.GeneralizedEnergyDistance, 1e-12);

        // The first sample equals the first rater's mask, and its Dice with the second rater's mask is 2/3.
        Assert.Equal((1 + (2 / 3.0)) / 2, set.MaximumDice, 1e-12);

        // There are six copies. The first sample is paired twice with the first rater (IoU 1), the second sample once with each rater (1/3
        // and 0), and the third sample twice with the second rater (0).
        Assert.Equal((1 + 1 + (1 / 3.0)) / 6, set.MatchedIntersectionOverUnion, 1e-12);
        Assert.Equal(1, set.CombinedSensitivity);

        // The variance of the difference over pixels is 1/4 − 1/16 for the raters. For the samples it is 2/4 − 0, 2/4 − 1/4 and 2/4 − 1/4.
        Assert.Equal(1 - (((0.5 - (3 / 16.0)) + (0.25 - (3 / 16.0))) / 2), set.DiversityAgreement, 1e-12);
        Assert.Equal(13 / 16.0, set.DiversityAgreement, 1e-12);
        Assert.Equal(3 * 1 * (5 / 6.0) * (13 / 16.0) / (1 + (5 / 6.0) + (13 / 16.0)), set.CollectiveInsight, 1e-12);

        // The areas are 2, 2, 0 and 2, 1. The distribution functions are 1/3 and 0 between 0 and 1 pixel, and 1/3 and 1/2 between 1 and 2
        // pixels.
        Assert.Equal(4 / 3.0, set.MeanSampleArea, 1e-12);
        Assert.Equal(1.5, set.MeanRaterArea, 1e-12);
        Assert.Equal(((4 / 3.0) - 1.5) / 1.5, set.AreaError, 1e-12);
        Assert.Equal(((1 / 3.0) + (1 / 6.0)) / 1.5, set.AreaDistance, 1e-12);
    }

    [Fact]
    public void Equal_sets_in_any_order_and_number_of_copies_agree_fully()
    {
        foreach (string[] samples in (string[][])[
            ["1100", "1010", "0000"], ["0000", "1100", "1010"], ["1010", "0000", "1100", "0000", "1100", "1010"],
        ])
        {
            SampleSetMetrics set = Compare(samples, ["1100", "1010", "0000"]);
            Assert.Equal(0, set.GeneralizedEnergyDistance, 1e-12);
            Assert.Equal(set.RaterDiversity, set.SampleDiversity, 1e-12);
            Assert.Equal((1.0, 1.0, 0.0, 0.0), (set.MaximumDice, set.CombinedSensitivity, set.AreaError, set.AreaDistance));
            Assert.Equal(1, set.MatchedIntersectionOverUnion, 1e-12);
        }

        // With copies, the smallest variance between two samples becomes 0.
        SampleSetMetrics same = Compare(["1010", "1100"], ["1100", "1010"]);
        Assert.Equal((1.0, 1.0), (same.DiversityAgreement, same.CollectiveInsight));
    }

    [Fact]
    public void Disjoint_masks_share_nothing()
    {
        SampleSetMetrics set = Compare(["1100"], ["0011"]);
        Assert.Equal(
            (2.0, 0.0, 0.0, 0.0),
            (set.GeneralizedEnergyDistance, set.MaximumDice, set.MatchedIntersectionOverUnion, set.CombinedSensitivity));
        Assert.Equal((1.0, 0.0, 0.0, 0.0), (set.DiversityAgreement, set.CollectiveInsight, set.AreaError, set.AreaDistance));
    }

    [Fact]
    public void Empty_sets_agree_and_an_empty_one_does_not_with_another()
    {
        SampleSetMetrics both = Compare(["0000", "0000"], ["0000"]);
        Assert.Equal(
            (0.0, 0.0, 1.0, 1.0),
            (both.GeneralizedEnergyDistance, both.SampleDiversity, both.MaximumDice, both.MatchedIntersectionOverUnion));
        Assert.Equal(
            (1.0, 1.0, 1.0, 0.0, 0.0),
            (both.CombinedSensitivity, both.DiversityAgreement, both.CollectiveInsight, both.AreaError, both.AreaDistance));

        SampleSetMetrics missed = Compare(["0000"], ["1110", "1110"]);
        Assert.Equal(
            (2.0, 0.0, 0.0, 0.0),
            (missed.GeneralizedEnergyDistance, missed.MaximumDice, missed.CombinedSensitivity, missed.CollectiveInsight));
        Assert.Equal((-1.0, 1.0), (missed.AreaError, missed.AreaDistance));

        // A value relative to an area of 0 is not defined.
        SampleSetMetrics invented = Compare(["1110"], ["0000", "0000"]);
        Assert.Equal(
            (2.0, 0.0, 1.0, 0.0),
            (invented.GeneralizedEnergyDistance, invented.MaximumDice, invented.CombinedSensitivity, invented.CollectiveInsight));
        Assert.Equal((double.NaN, double.NaN), (invented.AreaError, invented.AreaDistance));
    }

    [Fact]
    public void Sensitivity_is_of_what_any_rater_marked()
    {
        // The raters' union has three pixels. Two of them are in the samples' union.
        Assert.Equal(2 / 3.0, Compare(["1000", "1001"], ["1100", "0001"]).CombinedSensitivity, 1e-12);
    }

    [Fact]
    public void Many_pixels_are_counted_as_few_are()
    {
        // 10×13 pixels take three words of 64 bits. The expected values come from simple loops over pixels.
        var random = new Random(4);
        RaterMasks samples = Masks(5), raters = Masks(3);
        SampleSetMetrics set = SampleSetMetrics.Compute(samples, raters);
        Assert.Equal((2 * Mean(samples, raters)) - Mean(samples, samples) - Mean(raters, raters), set.GeneralizedEnergyDistance, 1e-12);
        Assert.Equal(
            Enumerable.Range(0, 3).Average(rater => Enumerable.Range(0, 5).Max(sample => Dice(samples.Rater(sample), raters.Rater(rater)))),
            set.MaximumDice,
            1e-12);
        double[] variances = [.. Pairs(5).Select(pair => Variance(samples.Rater(pair.First), samples.Rater(pair.Second)))],
            drawn = [.. Pairs(3).Select(pair => Variance(raters.Rater(pair.First), raters.Rater(pair.Second)))];
        Assert.Equal(
            1 - ((Math.Abs(variances.Max() - drawn.Max()) + Math.Abs(variances.Min() - drawn.Min())) / 2), set.DiversityAgreement, 1e-12);

        RaterMasks Masks(int count) =>
            new(count, 10, 13, [.. Enumerable.Range(0, count * 130).Select(i => (byte)(random.Next(3) > i / 130 % 2 ? 1 : 0))]);
        static IEnumerable<(int First, int Second)> Pairs(int count) =>
            Enumerable.Range(0, count).SelectMany(first => Enumerable.Range(0, first).Select(second => (first, second)));
        static double Mean(RaterMasks one, RaterMasks other) => Enumerable.Range(0, one.Raters)
            .Average(a => Enumerable.Range(0, other.Raters).Average(b => Distance(one.Rater(a), other.Rater(b))));
        static double Distance(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
        {
            double both = 0, any = 0;
            for (int i = 0; i < one.Length; i++)
            {
                both += one[i] & other[i];
                any += one[i] | other[i];
            }

            return 1 - (both / any);
        }

        static double Dice(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
        {
            double iou = 1 - Distance(one, other);
            return 2 * iou / (1 + iou);
        }

        static double Variance(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
        {
            double[] differences = [.. one.ToArray().Zip(other.ToArray(), (a, b) => (double)a - b)];
            double mean = differences.Average();
            return differences.Average(difference => (difference - mean) * (difference - mean));
        }
    }

    [Fact]
    public void Sets_of_different_sizes_of_masks_are_refused() =>
        Assert.Contains(
            "1×4",
            Assert.Throws<ArgumentException>(
                () => SampleSetMetrics.Compute(new RaterMasks(1, 1, 4, new byte[4]), new RaterMasks(1, 2, 2, new byte[4]))).Message,
            StringComparison.Ordinal);

    private static SampleSetMetrics Compare(string[] samples, string[] raters) => SampleSetMetrics.Compute(Masks(samples), Masks(raters));

    private static RaterMasks Masks(string[] masks) =>
        new(masks.Length, 1, masks[0].Length, [.. string.Concat(masks).Select(pixel => (byte)(pixel - '0'))]);
}
