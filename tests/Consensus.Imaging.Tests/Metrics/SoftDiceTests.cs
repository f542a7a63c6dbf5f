using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

public sealed class SoftDiceTests
{
    [Fact]
    public void Dice_is_twice_the_overlap_over_both_areas()
    {
        // At one half, the prediction has pixels 0 and 1, and the truth has pixels 1, 2 and 3. One pixel is in both.
        float[] prediction = [0.9f, 0.6f, 0.4f, 0];
        float[] truth = [0.1f, 0.5f, 0.7f, 1];
        Assert.Equal((2 + 1e-6) / (5 + 1e-6), SoftDice.At(prediction, truth, 0.5f), 1e-12);
    }

    [Fact]
    public void Two_empty_maps_score_one_at_every_threshold() =>
        Assert.Equal(1, SoftDice.Mean(new float[4], new float[4], SoftDice.FiveThresholds));

    [Fact]
    public void Two_full_maps_score_one_at_every_threshold() =>
        Assert.Equal(1, SoftDice.Mean([1, 1, 1], [1, 1, 1], SoftDice.NineThresholds), 1e-12);

    [Fact]
    public void An_empty_map_against_a_marked_one_scores_next_to_nothing() =>
        Assert.Equal(1e-6 / (2 + 1e-6), SoftDice.At([0, 0, 0], [1, 1, 0], 0.5f), 1e-15);

    [Theory]
    [InlineData(1, 10, 0.1f)]
    [InlineData(3, 10, 0.3f)]
    [InlineData(7, 10, 0.7f)]
    [InlineData(9, 10, 0.9f)]
    [InlineData(1, 2, 0.5f)]
    public void A_share_of_raters_equal_to_the_threshold_counts(int raters, int of, float threshold)
    {
        float share = (float)raters / of;
        Assert.Equal(1, SoftDice.At([1], [share], threshold), 1e-9);
    }

    [Fact]
    public void A_share_just_below_the_threshold_does_not_count() =>
        Assert.Equal(0, SoftDice.At([1], [MathF.BitDecrement(0.3f)], 0.3f), 1e-5);

    [Fact]
    public void Any_thresholds_can_be_averaged_over()
    {
        // At 0.25, both pixels are in the prediction and in the truth. At 0.75, one of the two is in the prediction.
        double mean = SoftDice.Mean([0.5f, 1], [1, 1], [0.25f, 0.75f]);
        Assert.Equal((1 + (2.0 / 3)) / 2, mean, 1e-6);
    }

    [Fact]
    public void A_pixel_that_is_not_a_number_is_below_every_threshold() =>
        Assert.Equal(1, SoftDice.At([float.NaN], [0], 0.1f));

    [Fact]
    public void Maps_of_different_sizes_are_refused_with_both_sizes()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => SoftDice.At(new float[3], new float[4], 0.5f));
        Assert.Contains("3 pixels", refused.Message, StringComparison.Ordinal);
        Assert.Contains("4;", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_threshold_at_all_is_refused() =>
        Assert.Throws<ArgumentException>(() => SoftDice.Mean([1], [1], []));

    [Fact]
    public void A_threshold_that_is_not_a_number_is_refused() =>
        Assert.Throws<ArgumentException>(() => SoftDice.At([1], [1], float.NaN));
}
