using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

public sealed class CalibrationTests
{
    [Fact]
    public void The_calibration_error_weighs_the_bins_by_their_pixels()
    {
        // First bin: predicted 0.1, true 0.25; ninth bin: predicted 0.9, true 0.75; each of two of four pixels.
        Assert.Equal(0.15, Calibration.ExpectedError([0.1f, 0.1f, 0.9f, 0.9f], [0, 0.5f, 1, 0.5f]), 1e-7);

        // Three pixels off by 0.2 and one by 0.6, in bins of their own.
        Assert.Equal(((3 * 0.2) + 0.6) / 4, Calibration.ExpectedError([0.2f, 0.2f, 0.2f, 0.6f], [0, 0, 0, 0]), 1e-7);
        Assert.Equal(0, Calibration.ExpectedError([0, 0.25f, 1], [0, 0.25f, 1]));
        Assert.Equal(1, Calibration.ExpectedError([0, 1], [1, 0]));
    }

    [Fact]
    public void A_bin_holds_its_upper_edge_and_the_first_zero_too()
    {
        // Errors of opposite sign cancel within a bin, and only there.
        Assert.Equal(0, Calibration.ExpectedError([0.3f, 0.25f], [0.2f, 0.35f]), 1e-7);
        Assert.Equal(0.1, Calibration.ExpectedError([0.3f, 0.31f], [0.2f, 0.41f]), 1e-7);
        Assert.Equal(0, Calibration.ExpectedError([0, 0.1f], [0.1f, 0]), 1e-7);
        Assert.Equal(0, Calibration.ExpectedError([1, 0.95f], [0.9f, 1.05f]), 1e-7);
        Assert.Equal(0.1, Calibration.ExpectedError([0.9f, 0.95f], [0.8f, 1.05f]), 1e-7);

        // One bin is the difference of the means.
        Assert.Equal(0.25, Calibration.ExpectedError([0, 1, 0.5f, 0.5f], [0, 0, 0.5f, 0.5f], bins: 1), 1e-7);
        Assert.Equal(double.NaN, Calibration.ExpectedError([], []));
        Assert.Equal(double.NaN, Calibration.ExpectedError([float.NaN], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Calibration.ExpectedError([0], [0], bins: 0));
        Assert.Throws<ArgumentException>(() => Calibration.ExpectedError([0], [0, 0]));
    }

    [Fact]
    public void The_Brier_score_is_the_mean_over_raters_of_the_squared_difference()
    {
        // Raters mark 1 0 and 1 1. First pixel: 0.2² twice; second: 0.4² and 0.6².
        Assert.Equal((((0.04 + 0.04) / 2) + ((0.16 + 0.36) / 2)) / 2, Calibration.BrierScore([0.8f, 0.4f], [1, 0.5f]), 1e-7);

        // Of that y(1 − y) = 0 and 0.25 cannot be avoided; the raters' own map reaches just that.
        Assert.Equal(0.125, Calibration.UnavoidableBrierScore([1, 0.5f]));
        Assert.Equal(0.125, Calibration.BrierScore([1, 0.5f], [1, 0.5f]));
        Assert.Equal(1, Calibration.BrierScore([0, 1], [1, 0]));
        Assert.Equal(double.NaN, Calibration.BrierScore([], []));
    }

    [Fact]
    public void Uncertainty_and_error_are_compared_by_ranks()
    {
        // Ranks of the uncertainty 1.5, 1.5, 3, 4 and of the error 1, 2.5, 2.5, 4, of mean 2.5: products 1.5 + 0 + 0 +
        // 2.25, squares 4.5 and 4.5.
        Assert.Equal(3.75 / 4.5, Correlate([0, 0, 1, 2], [0, 0.1f, 0.1f, 0.3f]), 1e-12);
        Assert.Equal(1, Correlate([0, 1, 7, 1000], [0, 0.1f, 0.2f, 0.21f]), 1e-12);
        Assert.Equal(-1, Correlate([3, 2, 1], [0.1f, 0.2f, 0.3f]), 1e-12);

        // An error below the truth is one as well.
        Assert.Equal(1, Calibration.UncertaintyErrorCorrelation([0, 1, 2], [0, 0.9f, 0.4f], [0, 1, 1]), 1e-12);

        static double Correlate(float[] uncertainty, float[] error) =>
            Calibration.UncertaintyErrorCorrelation(uncertainty, error, new float[error.Length]);
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
