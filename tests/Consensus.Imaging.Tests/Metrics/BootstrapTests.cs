using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

public sealed class BootstrapTests
{
    [Fact]
    public void Resampled_means_of_two_values_are_their_ends_and_their_middle()
    {
        // The mean of two draws is 0 with probability 1/4, 0.5 with probability 1/2, and 1 with probability 1/4.
        Assert.Equal(new ConfidenceInterval(0, 1), Bootstrap.OfMean([0, 1]));
        Assert.Equal(new ConfidenceInterval(0.5, 0.5), Bootstrap.OfMean([0, 1], confidence: 0.4));
    }

    [Fact]
    public void The_interval_is_that_of_the_binomial_distribution()
    {
        // In three draws, the third value is never drawn with probability 8/27, at most once with 20/27, and at most twice with 26/27. So
        // the 5 % and 95 % quantiles of the mean are 0 and 2/3.
        ConfidenceInterval interval = Bootstrap.OfMean([0, 0, 1], confidence: 0.9, resamples: 20_000, seed: 1);
        Assert.Equal(0, interval.Lower);
        Assert.Equal(2 / 3.0, interval.Upper, 1e-12);
    }

    [Fact]
    public void It_is_as_wide_as_the_error_of_the_mean_says()
    {
        // 400 values have a standard deviation of 0.5. The mean of a resample has a standard deviation of 0.025, and 95 % of the means lie
        // within 1.96 times this value.
        ConfidenceInterval interval = Bootstrap.OfMean(Enumerable.Range(0, 400).Select(i => (double)(i % 2)), resamples: 5000);
        Assert.Equal(0.5 - (1.96 * 0.025), interval.Lower, 0.004);
        Assert.Equal(0.5 + (1.96 * 0.025), interval.Upper, 0.004);
    }

    [Fact]
    public void The_draws_follow_from_the_seed_and_leave_out_what_is_no_number()
    {
        double[] values = [0.2, 0.4, 0.9, 0.1, 0.6];
        Assert.Equal(Bootstrap.OfMean(values), Bootstrap.OfMean([0.2, double.NaN, 0.4, 0.9, 0.1, double.NaN, 0.6]));
        Assert.Equal(Bootstrap.OfMean(values, seed: 7), Bootstrap.OfMean(values, seed: 7));
        Assert.NotEqual(Bootstrap.OfMean(values, seed: 7), Bootstrap.OfMean(values, seed: 8));
    }

    [Fact]
    public void One_value_is_a_point_and_none_is_no_interval()
    {
        Assert.Equal(new ConfidenceInterval(0.3, 0.3), Bootstrap.OfMean([0.3]));
        Assert.Equal(ConfidenceInterval.None, Bootstrap.OfMean([]));
        Assert.Equal(ConfidenceInterval.None, Bootstrap.OfMean([double.NaN]));
        Assert.Equal(ConfidenceInterval.None, Bootstrap.OfMean([0.3, 0.4], resamples: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.OfMean([0.3], confidence: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.OfMean([0.3], confidence: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.OfMean([0.3], resamples: -1));
    }

    [Fact]
    public void Quantiles_are_interpolated()
    {
        Assert.Equal(1, Bootstrap.Quantile([1, 2, 4], 0));
        Assert.Equal(4, Bootstrap.Quantile([1, 2, 4], 1));
        Assert.Equal(3, Bootstrap.Quantile([1, 2, 4], 0.75));
    }
}
