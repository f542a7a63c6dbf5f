using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

public sealed class CalibrationTests
{
    [Fact]
    public void The_calibration_error_weighs_the_bins_by_their_pixels()
    {
        // First bin: predicted 0.1, true 0.25. Ninth bin: predicted 0.9, true 0.75. Each bin has two of the four pixels.
        Assert.Equal(0.15, Calibration.ExpectedError([0.1f, 0.1f, 0.9f, 0.9f], [0, 0.5f, 1, 0.5f]), 1e-7);

        // Three pixels have an error of 0.2, and one pixel has an error of 0.6, in another bin.
        Assert.Equal(((3 * 0.2) + 0.6) / 4, Calibration.ExpectedError([0.2f, 0.2f, 0.2f, 0.6f], [0, 0, 0, 0]), 1e-7);
        Assert.Equal(0, Calibration.ExpectedError([0, 0.25f, 1], [0, 0.25f, 1]));
        Assert.Equal(1, Calibration.ExpectedError([0, 1], [1, 0]));
    }

    [Fact]
    public void A_bin_holds_its_upper_edge_and_the_first_zero_too()
    {
        // Errors of opposite sign cancel each other within a bin, but not between bins.
        Assert.Equal(0, Calibration.ExpectedError([0.3f, 0.25f], [0.2f, 0.35f]), 1e-7);
        Assert.Equal(0.1, Calibration.ExpectedError([0.3f, 0.31f], [0.2f, 0.41f]), 1e-7);
        Assert.Equal(0, Calibration.ExpectedError([0, 0.1f], [0.1f, 0]), 1e-7);
        Assert.Equal(0, Calibration.ExpectedError([1, 0.95f], [0.9f, 1.05f]), 1e-7);
        Assert.Equal(0.1, Calibration.ExpectedError([0.9f, 0.95f], [0.8f, 1.05f]), 1e-7);

        // With one bin, the error is the difference of the means.
        Assert.Equal(0.25, Calibration.ExpectedError([0, 1, 0.5f, 0.5f], [0, 0, 0.5f, 0.5f], bins: 1), 1e-7);
        Assert.Equal(double.NaN, Calibration.ExpectedError([], []));
        Assert.Equal(double.NaN, Calibration.ExpectedError([float.NaN], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Calibration.ExpectedError([0], [0], bins: 0));
        Assert.Throws<ArgumentException>(() => Calibration.ExpectedError([0], [0, 0]));
    }

    [Fact]
    public void The_error_against_each_rater_does_not_cancel_between_raters()
    {
        // Both pixels are in one bin. The first rater marks one of them, the second both, the third none: errors of 0, 1/2 and 1/2.
        double[] errors = Calibration.ExpectedErrors([0.5f, 0.5f], new RaterMasks(3, 1, 2, [1, 0, 1, 1, 0, 0]));
        Assert.Equal([0, 0.5, 0.5], errors);
        Assert.Equal(0, Calibration.ExpectedError([0.5f, 0.5f], [2 / 3f, 1 / 3f]), 1e-7);
    }

    [Fact]
    public void The_adaptive_error_has_bins_of_as_many_pixels_each()
    {
        // Sorted, the predictions are 0, 0.1 | 0.2, 0.9, and the truths 0, 1 | 1, 1. Bins of equal width would hold three and one.
        Assert.Equal(((0.5 - 0.05) + (1 - 0.55)) / 2, Calibration.AdaptiveError([0.9f, 0, 0.2f, 0.1f], [1, 0, 1, 1], bins: 2), 1e-7);

        // Five pixels in two bins: two and three.
        Assert.Equal(
            (Math.Abs(0.1 + 0.2 - 1) + Math.Abs(0.3 + 0.4 + 0.5 - 1)) / 5,
            Calibration.AdaptiveError([0.1f, 0.2f, 0.3f, 0.4f, 0.5f], [0, 1, 1, 0, 0], bins: 2),
            1e-7);
        Assert.Equal(0, Calibration.AdaptiveError([0, 0.25f, 1], [0, 0.25f, 1]));
        Assert.Equal(1, Calibration.AdaptiveError([0, 1], [1, 0]));
        Assert.Equal(double.NaN, Calibration.AdaptiveError([], []));
        Assert.Equal(double.NaN, Calibration.AdaptiveError([float.NaN], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Calibration.AdaptiveError([0], [0], bins: 0));
        Assert.Throws<ArgumentException>(() => Calibration.AdaptiveError([0], [0, 0]));
    }

    [Fact]
    public void Pixels_of_one_prediction_count_alike_in_every_order_and_bin()
    {
        // The prediction 0 has four pixels with the mean truth 1/4, of which two are in each bin. The second bin has 0.8 with truth 1 too.
        float[][] truths = [[1, 0, 0, 0, 1], [0, 0, 1, 0, 1], [0.25f, 0.25f, 0.25f, 0.25f, 1]];
        Assert.All(truths, truth => Assert.Equal(
            ((2 * 0.25) + ((2 * 0.25) + 0.2)) / 5, Calibration.AdaptiveError([0, 0, 0, 0, 0.8f], truth, bins: 2), 1e-7));
    }

    [Fact]
    public void Calibration_errors_equal_a_simple_count_of_bins()
    {
        var random = new Random(5);
        float[] map = [.. Enumerable.Range(0, 211).Select(_ => random.NextSingle())],
            truth = [.. Enumerable.Range(0, 211).Select(_ => random.Next(4) / 3f)];
        (float Map, float Truth)[] sorted = [.. map.Zip(truth).OrderBy(pixel => pixel.First)];
        double adaptive = 0;
        for (int bin = 0; bin < 7; bin++)
        {
            (float Map, float Truth)[] held = sorted[(bin * 211 / 7)..((bin + 1) * 211 / 7)];
            adaptive += held.Length / 211.0 * Math.Abs(held.Average(pixel => pixel.Map) - held.Average(pixel => (double)pixel.Truth));
        }

        Assert.Equal(adaptive, Calibration.AdaptiveError(map, truth, bins: 7), 1e-6);
    }

    [Fact]
    public void The_Brier_score_is_the_mean_over_raters_of_the_squared_difference()
    {
        // The raters mark 1 0 and 1 1. The first pixel has 0.2² twice, the second pixel has 0.4² and 0.6².
        Assert.Equal((((0.04 + 0.04) / 2) + ((0.16 + 0.36) / 2)) / 2, Calibration.BrierScore([0.8f, 0.4f], [1, 0.5f]), 1e-7);

        // The unavoidable part is y(1 − y) = 0 and 0.25. The raters' own map has exactly this score.
        Assert.Equal(0.125, Calibration.UnavoidableBrierScore([1, 0.5f]));
        Assert.Equal(0.125, Calibration.BrierScore([1, 0.5f], [1, 0.5f]));
        Assert.Equal(1, Calibration.BrierScore([0, 1], [1, 0]));
        Assert.Equal(double.NaN, Calibration.BrierScore([], []));
    }

    [Fact]
    public void Uncertainty_and_error_are_compared_by_ranks()
    {
        // The ranks of the uncertainty are 1.5, 1.5, 3, 4, and those of the error are 1, 2.5, 2.5, 4. Both have the mean 2.5. The products
        // of the deviations sum to 1.5 + 0 + 0 + 2.25, and the squares to 4.5 and 4.5.
        Assert.Equal(3.75 / 4.5, Correlate([0, 0, 1, 2], [0, 0.1f, 0.1f, 0.3f]), 1e-12);
        Assert.Equal(1, Correlate([0, 1, 7, 1000], [0, 0.1f, 0.2f, 0.21f]), 1e-12);
        Assert.Equal(-1, Correlate([3, 2, 1], [0.1f, 0.2f, 0.3f]), 1e-12);

        // A prediction below the truth is an error too.
        Assert.Equal(1, Calibration.UncertaintyErrorCorrelation([0, 1, 2], [0, 0.9f, 0.4f], [0, 1, 1]), 1e-12);

        static double Correlate(float[] uncertainty, float[] error) =>
            Calibration.UncertaintyErrorCorrelation(uncertainty, error, new float[error.Length]);
    }

    [Fact]
    public void Errors_that_only_rounding_sets_apart_share_a_rank()
    {
        // 1/3 and 1 − 2/3 are one error, though not one number. The ranks of the errors are 2, 2, 2 and 4.
        Assert.NotEqual(1 / 3f, 1 - (2 / 3f));
        Assert.Equal(
            Calibration.UncertaintyErrorCorrelation([1, 2, 3, 4], [0.25f, 0.25f, 0.25f, 1], [0, 0.5f, 0, 0]),
            Calibration.UncertaintyErrorCorrelation([1, 2, 3, 4], [1 / 3f, 1 / 3f, 2 / 3f, 1], [0, 2 / 3f, 1, 0]), 1e-12);
    }

    [Fact]
    public void Without_variation_there_is_no_correlation()
    {
        Assert.Equal(double.NaN, Calibration.UncertaintyErrorCorrelation([1, 1, 1], [0, 0.5f, 1], [0, 0, 0]));
        Assert.Equal(double.NaN, Calibration.UncertaintyErrorCorrelation([0, 1, 2], [0, 0.5f, 1], [0, 0.5f, 1]));
        Assert.Equal(double.NaN, Calibration.UncertaintyErrorCorrelation([0, float.NaN, 2], [0, 0.5f, 1], [0, 0, 0]));
        Assert.Equal(double.NaN, Calibration.UncertaintyErrorCorrelation([], [], []));
        Assert.Throws<ArgumentException>(() => Calibration.UncertaintyErrorCorrelation([0, 1], [0, 0.5f, 1], [0, 0, 0]));
    }
}
