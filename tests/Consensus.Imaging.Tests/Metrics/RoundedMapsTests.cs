using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

public sealed class RoundedMapsTests
{
    [Fact]
    public void A_tie_is_background()
    {
        // After rounding, the prediction has pixel 1, and the truth has pixels 0 and 1.
        float[] prediction = [0.5f, 0.51f, 0];
        float[] truth = [0.8f, 0.6f, 0.5f];
        Assert.Equal(2.0 / 3, RoundedMaps.F1(prediction, truth), 1e-12);
        Assert.Equal(0.5, RoundedMaps.IntersectionOverUnion(prediction, truth), 1e-12);
        Assert.Equal(0.5, RoundedMaps.AreaRatio(prediction, truth), 1e-12);
    }

    [Fact]
    public void The_area_ratio_does_not_ask_where_the_areas_lie() =>
        Assert.Equal(0.5, RoundedMaps.AreaRatio([1, 1, 0], [0, 0, 1]));

    [Fact]
    public void Two_empty_maps_score_one()
    {
        Assert.Equal(1, RoundedMaps.F1([0, 0.5f], [0, 0]));
        Assert.Equal(1, RoundedMaps.IntersectionOverUnion([0, 0.5f], [0, 0]));
        Assert.Equal(1, RoundedMaps.AreaRatio([0, 0.5f], [0, 0]));
        Assert.Equal(1, BoundaryScore.Mean([0, 0.5f], [0, 0], 1, 2));
    }

    [Fact]
    public void One_empty_map_scores_zero()
    {
        float[] empty = new float[9];
        float[] marked = [0, 0, 0, 0, 1, 0, 0, 0, 0];
        Assert.Equal(0, RoundedMaps.F1(empty, marked));
        Assert.Equal(0, RoundedMaps.IntersectionOverUnion(empty, marked));
        Assert.Equal(0, RoundedMaps.AreaRatio(marked, empty));
        Assert.Equal(0, BoundaryScore.Mean(empty, marked, 3, 3));
        Assert.Equal(0, BoundaryScore.Mean(marked, empty, 3, 3));
    }

    [Fact]
    public void Two_full_maps_have_no_boundary_and_score_one() =>
        Assert.Equal(1, BoundaryScore.Mean([1, 1, 1, 1], [1, 1, 1, 1], 2, 2));

    [Fact]
    public void A_straight_boundary_three_columns_away_counts_from_three_pixels_on()
    {
        // There is one row. The boundaries lie at columns 4 and 7, so F is 0 for the tolerances 1 and 2, and 1 for 3, 4 and 5.
        float[] prediction = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
        float[] truth = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0];
        Assert.Equal(3.0 / 5, BoundaryScore.Mean(prediction, truth, 1, 12), 1e-12);
        Assert.Equal(3.0 / 5, BoundaryScore.Mean(prediction, truth, 12, 1), 1e-12);
    }

    [Fact]
    public void Distance_to_a_boundary_is_Euclidean()
    {
        // The boundary of a single pixel consists of the pixel and its neighbours above, to the left and above left.
        float[] prediction = new float[144], truth = new float[144];
        prediction[(2 * 12) + 2] = 1;
        truth[(6 * 12) + 6] = 1;
        // So the boundaries are (1,1) (1,2) (2,1) (2,2) and (5,5) (5,6) (6,5) (6,6). The squared distances to the nearest pixel are 32,
        // 25, 25 and 18, and three of four are within 5 pixels.
        Assert.Equal(0.75 / 5, BoundaryScore.Mean(prediction, truth, 12, 12), 1e-12);
    }

    [Fact]
    public void A_map_that_is_not_rows_times_columns_is_refused() =>
        Assert.Throws<ArgumentException>(() => BoundaryScore.Mean(new float[6], new float[6], 2, 4));
}
