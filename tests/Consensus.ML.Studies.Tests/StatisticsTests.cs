using Consensus.ML.Studies.Statistics;

namespace Consensus.ML.Studies.Tests;

/// <summary>Compares with values worked out by hand, or by listing every possibility in another way.</summary>
public sealed class StatisticsTests
{
    [Fact]
    public void Of_three_like_differences_two_of_eight_choices_of_signs_are_as_far_from_zero() =>
        Assert.Equal(2.0 / 8, SignFlipTest.PValue([0.1, 0.2, 0.3]), 12);

    [Fact]
    public void Signs_that_leave_the_same_sum_count_too()
    {
        // ±1 ±2 ±3: the sums are ±6 (once each), ±4 (once each), ±2 (once each), 0 (twice). Observed: 1 − 2 + 3 = 2. Six of eight sums are
        // as far from zero.
        Assert.Equal(6.0 / 8, SignFlipTest.PValue([1, -2, 3]), 12);
        Assert.Equal(1, SignFlipTest.PValue([1, 2, -3]), 12);
    }

    [Fact]
    public void The_signs_of_a_group_change_together()
    {
        // Groups {1, 2}, {3} and {−2}: sums of ±3 ±3 ±2 are ±8, ±4 and ±2 (twice each). Observed: 3 + 3 − 2 = 4. Four of eight are as far.
        double[] differences = [1, 3, 2, -2];
        Assert.Equal(4.0 / 8, SignFlipTest.PValue(differences, ["a", "b", "a", "c"]), 12);

        // Two groups of many equal cases say no more than two cases.
        Assert.Equal(2.0 / 4, SignFlipTest.PValue([0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2], ["a", "a", "a", "a", "a", "b", "b", "b"]), 12);
        Assert.Equal(SignFlipTest.PValue(differences), SignFlipTest.PValue(differences, ["a", "b", "c", "d"]));
    }

    [Fact]
    public void A_difference_of_nothing_is_no_evidence()
    {
        Assert.Equal(1, SignFlipTest.PValue([0, 0, 0, 0]), 12);

        // A difference of zero changes no sum, so the p-value is that of the other differences.
        Assert.Equal(SignFlipTest.PValue([0.1, 0.2, 0.3]), SignFlipTest.PValue([0.1, 0, 0.2, 0.3]), 12);
        Assert.Equal(double.NaN, SignFlipTest.PValue([]));
    }

    [Fact]
    public void The_exact_test_counts_what_a_plain_enumeration_counts()
    {
        var random = new Random(4);
        for (int cases = 1; cases <= 9; cases++)
        {
            double[] differences = [.. Enumerable.Range(0, cases).Select(_ => Math.Round(random.NextDouble() - 0.4, 1))];
            double seen = Math.Abs(differences.Sum());
            int asFar = Enumerable.Range(0, 1 << cases).Count(signs =>
                Math.Abs(differences.Select((difference, i) => (signs >> i & 1) == 1 ? -difference : difference).Sum()) >= seen - 1e-9);
            Assert.Equal(asFar / (double)(1 << cases), SignFlipTest.PValue(differences), 12);
        }
    }

    [Fact]
    public void With_many_cases_the_drawn_test_comes_near_the_exact_value()
    {
        // 22 differences of 1. The sum of 22 signs is |2k − 22|. Observed: 22 − 2·6 = 10, so k ≤ 6 or k ≥ 16 in a binomial distribution of
        // 22: 2·Σ_{k≤6} C(22, k) / 2^22.
        double[] differences = [.. Enumerable.Range(0, 22).Select(i => i < 6 ? -1.0 : 1.0)];
        double exact = 2 * (1 + 22 + 231 + 1540 + 7315 + 26334 + 74613) / Math.Pow(2, 22);
        Assert.Equal(exact, SignFlipTest.PValue(differences), 0.003);
        Assert.Equal(SignFlipTest.PValue(differences), SignFlipTest.PValue(differences));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 0.0625)]
    [InlineData(6, 0.03125)]
    public void Few_cases_have_a_smallest_p_value(int cases, double smallest)
    {
        Assert.Equal(smallest, SignFlipTest.Smallest(cases), 12);
        Assert.Equal(smallest, SignFlipTest.PValue([.. Enumerable.Range(1, cases).Select(i => i / 10.0)]), 12);
    }

    [Fact]
    public void Holm_multiplies_the_smallest_by_the_number_of_comparisons_and_never_lets_a_larger_one_be_smaller()
    {
        // Sorted: 0.01, 0.02, 0.03, 0.6. Multiplied by 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.6.
        Assert.Equal([0.06, 0.04, 0.6, 0.06], HolmCorrection.Adjust([0.03, 0.01, 0.6, 0.02]).Select(value => Math.Round(value, 12)));

        // 0.02·3 = 0.06 is above 0.025·2 = 0.05, so the second rises to 0.06. 0.9·1 stays.
        Assert.Equal([0.06, 0.06, 0.9], HolmCorrection.Adjust([0.02, 0.025, 0.9]).Select(value => Math.Round(value, 12)));
        Assert.Equal([1.0, 1.0], HolmCorrection.Adjust([0.7, 0.8]));
        Assert.Empty(HolmCorrection.Adjust([]));
    }

    [Fact]
    public void An_interval_resamples_groups()
    {
        // Groups {0, 0, 0} and {1}: a quarter of the means is 0, half are 1/4, a quarter is 1. A single group says nothing about other
        // groups.
        var two = MeanOverCases.Compute([0, 0, 1, 0], ["a", "a", "b", "a"]);
        Assert.Equal((0.25, 0.0, 1.0), (two.Mean, two.Interval.Lower, two.Interval.Upper));
        var single = MeanOverCases.Compute([0, 1], ["a", "a"]);
        Assert.Equal((0.5, double.NaN, double.NaN), (single.Mean, single.Interval.Lower, single.Interval.Upper));
    }

    [Fact]
    public void An_interval_leaves_out_what_is_no_number_and_needs_two_values()
    {
        var two = MeanOverCases.Compute([0, double.NaN, 1]);

        // With values 0 and 1, a quarter of the means is 0 and a quarter is 1: these are both ends of the middle 95 %.
        Assert.Equal((0.5, 0.0, 1.0), (two.Mean, two.Interval.Lower, two.Interval.Upper));
        var single = MeanOverCases.Compute([0.3, double.NaN]);
        Assert.Equal((0.3, double.NaN, double.NaN), (single.Mean, single.Interval.Lower, single.Interval.Upper));
        Assert.Equal(double.NaN, MeanOverCases.Compute([]).Mean);
    }
}
