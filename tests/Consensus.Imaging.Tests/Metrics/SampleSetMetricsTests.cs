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
    public void Matches_of_samples_and_raters_follow_by_hand()
    {
        // The Dice of the samples with the raters is 1, 2/3; 1/2, 0; 0, 0.
        SampleSetMetrics set = Compare(["1100", "0110", "0000"], ["1100", "1000"]);
        Assert.Equal((1 + 0.5 + 0) / 3, set.ReversedMaximumDice, 1e-12);

        // The first sample with the second rater and the second sample with the first rater make 2/3 + 1/2, the most for two pairs.
        Assert.Equal(((2 / 3.0) + 0.5) / 2, set.MatchedDice, 1e-12);

        // The votes for the pixels are 1, 2, 1 and 0 of 3: v(3 − v) = 2, 2, 2, 0, and the errors 2, 1, 1, 0 and 2, 2, 1, 0.
        double first = Correlation([2, 2, 2, 0], [2, 1, 1, 0]), second = Correlation([2, 2, 2, 0], [2, 2, 1, 0]);
        Assert.Equal((first + second) / 2, set.NormalizedCrossCorrelation, 1e-12);

        // Deviations 1/2, 1/2, 1/2, −3/2 and 1, 0, 0, −1: 2 / √(3 · 2).
        Assert.Equal(2 / Math.Sqrt(6), first, 1e-12);

        // One sample has one partner.
        SampleSetMetrics one = Compare(["0110"], ["1100", "0111", "0000"]);
        Assert.Equal((0.8, 0.8), (Math.Round(one.MatchedDice, 12), Math.Round(one.ReversedMaximumDice, 12)));
        Assert.Equal(double.NaN, one.NormalizedCrossCorrelation);
    }

    [Fact]
    public void Both_conventions_of_the_energy_distance_follow_by_hand()
    {
        // As above: across 25/36, among the samples twice 8/3, among the raters twice 1/2.
        double across = (0 + 0.5 + (2 / 3.0) + 1 + 1 + 1) / 6;
        SampleSetMetrics different = Compare(["1100", "0110", "0000"], ["1100", "1000"], new() { Pairs = EnergyPairs.Different });
        Assert.Equal(8 / 9.0, different.SampleDiversity, 1e-12);
        Assert.Equal(0.5, different.RaterDiversity, 1e-12);
        Assert.Equal((2 * across) - (8 / 9.0) - 0.5, different.GeneralizedEnergyDistance, 1e-12);

        // It may be below 0: across 1/2, within 1 each over different pairs.
        Assert.Equal(
            -1, Compare(["1100", "0011"], ["1100", "0011"], new() { Pairs = EnergyPairs.Different }).GeneralizedEnergyDistance, 1e-12);
        Assert.Equal(double.NaN, Compare(["1100"], ["1100", "0011"], new() { Pairs = EnergyPairs.Different }).GeneralizedEnergyDistance);

        // Two empty masks that differ by 1: across 1, 1, 1, 1/2; among the samples 1 (itself) and twice 1; among the raters the same.
        SampleSetMetrics empty = Compare(["0000", "1100"], ["0000", "1000"], new() { EmptyDistance = 1 });
        Assert.Equal((3.5 / 4 * 2) - (3 / 4.0) - (3 / 4.0), empty.GeneralizedEnergyDistance, 1e-12);
        SampleSetMetrics usual = Compare(["0000", "1100"], ["0000", "1000"]);
        Assert.Equal((2.5 / 4 * 2) - (2 / 4.0) - (2 / 4.0), usual.GeneralizedEnergyDistance, 1e-12);

        // The other measures keep their values.
        Assert.Equal((usual.MatchedIntersectionOverUnion, usual.MaximumDice), (empty.MatchedIntersectionOverUnion, empty.MaximumDice));
        Assert.Contains(
            "EmptyDistance is 2; it must be from 0 to 1",
            Assert.Throws<ArgumentException>(() => Compare(["1"], ["1"], new() { EmptyDistance = 2 })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "Pairs is 7; it must be one of All, Different",
            Assert.Throws<ArgumentException>(() => Compare(["1"], ["1"], new() { Pairs = (EnergyPairs)7 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Matches_equal_a_search_over_all_pairings_and_the_correlation_equals_cross_entropies()
    {
        var random = new Random(11);
        for (int round = 0; round < 20; round++)
        {
            int samples = 1 + random.Next(5), raters = 1 + random.Next(4);
            RaterMasks drawn = Masks(raters), sampled = Masks(samples);
            double[,] dice = new double[samples, raters];
            for (int i = 0; i < samples; i++)
            {
                for (int j = 0; j < raters; j++)
                {
                    dice[i, j] = Dice(sampled.Rater(i), drawn.Rater(j));
                }
            }

            SampleSetMetrics set = SampleSetMetrics.Compute(sampled, drawn);
            Assert.Equal(Best(dice, 0, []) / Math.Min(samples, raters), set.MatchedDice, 1e-12);
            Assert.Equal(
                Enumerable.Range(0, samples).Average(i => Enumerable.Range(0, raters).Max(j => dice[i, j])),
                set.ReversedMaximumDice,
                1e-12);
            double expected = Enumerable.Range(0, raters).Average(rater => Entropies(sampled, drawn, rater));
            Assert.Equal(expected, set.NormalizedCrossCorrelation, 1e-6);
        }

        RaterMasks Masks(int count)
        {
            byte[] pixels = [.. Enumerable.Range(0, count * 12).Select(_ => (byte)random.Next(2))];
            return new(count, 3, 4, pixels);
        }

        static double Dice(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
        {
            int both = 0, sum = 0;
            for (int i = 0; i < one.Length; i++)
            {
                both += one[i] * other[i];
                sum += one[i] + other[i];
            }

            return sum == 0 ? 1 : 2.0 * both / sum;
        }

        // The largest sum over the rows from this one on. A row may stay alone where there are more rows than columns.
        static double Best(double[,] dice, int row, int[] taken)
        {
            if (row == dice.GetLength(0))
            {
                return 0;
            }

            double best = dice.GetLength(0) > dice.GetLength(1) ? Best(dice, row + 1, taken) : double.NegativeInfinity;
            foreach (int column in Enumerable.Range(0, dice.GetLength(1)).Except(taken))
            {
                best = Math.Max(best, dice[row, column] + Best(dice, row + 1, [.. taken, column]));
            }

            return best;
        }

        // As published: cross-entropies of two classes with 1e-8 added inside the logarithm, averaged over the samples.
        static double Entropies(RaterMasks sampled, RaterMasks drawn, int rater)
        {
            double[] ofMean = new double[12], ofRater = new double[12];
            for (int pixel = 0; pixel < 12; pixel++)
            {
                double mean = Enumerable.Range(0, sampled.Raters).Average(i => (double)sampled.Rater(i)[pixel]);
                for (int i = 0; i < sampled.Raters; i++)
                {
                    double inside = Math.Log(sampled.Rater(i)[pixel] + 1e-8), outside = Math.Log(1 - sampled.Rater(i)[pixel] + 1e-8);
                    double mark = drawn.Rater(rater)[pixel];
                    ofMean[pixel] -= ((mean * inside) + ((1 - mean) * outside)) / sampled.Raters;
                    ofRater[pixel] -= ((mark * inside) + ((1 - mark) * outside)) / sampled.Raters;
                }
            }

            return sampled.Raters == 1 ? double.NaN : Correlation(ofMean, ofRater);
        }
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

    private static SampleSetMetrics Compare(string[] samples, string[] raters, EnergyDistanceOptions? energy = null) =>
        SampleSetMetrics.Compute(Masks(samples), Masks(raters), energy);

    /// <summary>Pearson's correlation by its definition; NaN for a constant.</summary>
    private static double Correlation(double[] one, double[] other)
    {
        double meanOne = one.Average(), meanOther = other.Average();
        double both = one.Zip(other).Sum(pair => (pair.First - meanOne) * (pair.Second - meanOther));
        return both / Math.Sqrt(one.Sum(value => Math.Pow(value - meanOne, 2)) * other.Sum(value => Math.Pow(value - meanOther, 2)));
    }

    private static RaterMasks Masks(string[] masks) =>
        new(masks.Length, 1, masks[0].Length, [.. string.Concat(masks).Select(pixel => (byte)(pixel - '0'))]);
}
