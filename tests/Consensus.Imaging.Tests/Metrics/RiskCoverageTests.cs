using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

/// <summary>AURC and E-AURC: values by hand, and the mean over all orders of pixels without an order.</summary>
public sealed class RiskCoverageTests
{
    [Fact]
    public void Both_areas_follow_by_hand()
    {
        // By confidence 1, 0.9, 0.8 and 0.6, the errors are 0, 1, 0 and 1/2. The risks are 0, 1/2, 1/3 and 3/8.
        RiskCoverage area = RiskCoverage.Compute([0.6f, 0.1f, 1, 0.8f], [0.5f, 1, 1, 1]);
        Assert.Equal((0 + (1 / 2.0) + (1 / 3.0) + (3 / 8.0)) / 4, area.Area, 1e-7);

        // The best order has the errors 0, 0, 1/2, 1: the risks 0, 0, 1/6 and 3/8.
        Assert.Equal(area.Area - (((1 / 6.0) + (3 / 8.0)) / 4), area.Excess, 1e-7);
    }

    [Fact]
    public void A_map_that_is_least_sure_where_it_is_wrong_has_no_excess()
    {
        // Errors of 0, 0, 1: risks 0, 0, 1/3.
        RiskCoverage area = RiskCoverage.Compute([0.9f, 0, 0.6f], [1, 0, 0]);
        Assert.Equal(1 / 9.0, area.Area, 1e-7);
        Assert.Equal(0, area.Excess);

        // The wrong pixel first: risks 1, 1/2, 1/3.
        Assert.Equal(11 / 18.0, RiskCoverage.Compute([0.6f, 0.3f, 1], [1, 0, 0]).Area, 1e-7);
        Assert.Equal(new RiskCoverage(0, 0), RiskCoverage.Compute([1, 0], [1, 0]));
        Assert.Equal(new RiskCoverage(1, 0), RiskCoverage.Compute([1, 0], [0, 1]));
        Assert.Equal(double.NaN, RiskCoverage.Compute([], []).Area);
        Assert.Equal(double.NaN, RiskCoverage.Compute([float.NaN], [0]).Excess);
        Assert.Throws<ArgumentException>(() => RiskCoverage.Compute([0], [0, 0]));
    }

    /// <summary>
    /// k of C raters are as sure as C − k of them, though single precision makes different numbers of k/C and 1 − (C − k)/C.
    /// </summary>
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(31)]
    public void A_share_and_its_complement_are_equally_sure(int raters)
    {
        for (int votes = 1; 2 * votes < raters; votes++)
        {
            // Errors of one half at one share, and of 0 and 1 at its complement: their mean is one half, in whatever order.
            float share = votes / (float)raters, complement = (raters - votes) / (float)raters;
            RiskCoverage area = RiskCoverage.Compute([share, complement, complement, share], [0.5f, 1, 0, 0.5f]);
            Assert.Equal(0.5, area.Area, 1e-7);
            Assert.Equal(area.Area, RiskCoverage.Compute([complement, share, share, complement], [0.5f, 0, 1, 0.5f]).Area, 1e-7);
        }
    }

    /// <summary>Half of the pixels have the share 1/3, half 2/3, and all raters mark all: no order of them is known.</summary>
    [Fact]
    public void Halves_of_a_third_and_two_thirds_have_one_risk()
    {
        RiskCoverage area = RiskCoverage.Compute([1 / 3f, 2 / 3f, 1 / 3f, 2 / 3f], [1, 1, 1, 1]);
        Assert.Equal(0.5, area.Area, 1e-7);

        // The best order has the errors 0, 0, 1, 1: the risks 0, 0, 1/3 and 1/2.
        Assert.Equal(0.5 - (((1 / 3.0) + 0.5) / 4), area.Excess, 1e-7);
    }

    [Fact]
    public void Pixels_of_equal_confidence_count_as_the_mean_over_their_orders()
    {
        // Confidences 7/8 three times, 3/4 twice: 3! · 2! orders.
        float[] map = [0.875f, 0.125f, 0.875f, 0.75f, 0.25f], truth = [0.25f, 0.5f, 1, 1, 0.75f];
        int[][] firsts = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]], lasts = [[3, 4], [4, 3]];
        double mean = firsts.Average(first => lasts.Average(last => Area([.. first, .. last])));
        Assert.Equal(mean, RiskCoverage.Compute(map, truth).Area, 1e-7);

        double Area(int[] order)
        {
            double[] errors = [.. order.Select(i => map[i] > 0.5f ? 1 - truth[i] : (double)truth[i])];
            return Enumerable.Range(1, 5).Average(taken => errors.Take(taken).Average());
        }
    }
}
