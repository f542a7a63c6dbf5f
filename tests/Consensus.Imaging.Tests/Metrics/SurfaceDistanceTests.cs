using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

/// <summary>The distances between outlines are derived by hand.</summary>
public sealed class SurfaceDistanceTests
{
    // A 3×3 square in 6×6 pixels, and the same square one column further to the right.
    private static readonly float[] Square = Map(6, 6, (row, column) => row is >= 1 and <= 3 && column is >= 1 and <= 3);
    private static readonly float[] Shifted = Map(6, 6, (row, column) => row is >= 1 and <= 3 && column is >= 2 and <= 4);

    [Fact]
    public void Equal_maps_have_no_distance()
    {
        Assert.Equal(0, SurfaceDistance.Hausdorff95(Square, Square, 6, 6));
        Assert.Equal(1, SurfaceDistance.NormalizedDice(Square, Square, 6, 6, tolerance: 0));
    }

    [Fact]
    public void Single_pixels_lie_apart_by_their_centres_in_the_unit_of_the_spacing()
    {
        float[] one = Map(8, 8, (row, column) => (row, column) == (0, 0)), other = Map(8, 8, (row, column) => (row, column) == (3, 4));
        Assert.Equal(5, SurfaceDistance.Hausdorff95(one, other, 8, 8), 1e-12);
        Assert.Equal(Math.Sqrt(36 + 4), SurfaceDistance.Hausdorff95(one, other, 8, 8, spacingRows: 2, spacingColumns: 0.5), 1e-12);
        Assert.Equal(0, SurfaceDistance.NormalizedDice(one, other, 8, 8, tolerance: 4.9));
        Assert.Equal(1, SurfaceDistance.NormalizedDice(one, other, 8, 8, tolerance: 5));
    }

    [Fact]
    public void Of_a_square_all_but_the_middle_is_outline()
    {
        // An outline has 8 pixels. 4 of them lie on the other outline. The other 4 (the far side, and the pixel in the middle of the other
        // square) are one pixel away from it.
        Assert.Equal(0.5, SurfaceDistance.NormalizedDice(Square, Shifted, 6, 6, tolerance: 0), 1e-12);
        Assert.Equal(1, SurfaceDistance.NormalizedDice(Square, Shifted, 6, 6, tolerance: 1), 1e-12);
        Assert.Equal(1, SurfaceDistance.Hausdorff95(Square, Shifted, 6, 6), 1e-12);

        // With a column spacing of 2, the far side is 2 away. The pixel in the middle of the other square is still 1 away, up or down.
        Assert.Equal(10 / 16.0, SurfaceDistance.NormalizedDice(Square, Shifted, 6, 6, tolerance: 1, spacingColumns: 2), 1e-12);
        Assert.Equal(2, SurfaceDistance.Hausdorff95(Square, Shifted, 6, 6, spacingColumns: 2), 1e-12);
    }

    [Fact]
    public void The_percentile_is_interpolated_and_the_larger_direction_counts()
    {
        // In one row, all marked pixels belong to the outline. From 11 pixels to 9 pixels, the distances are nine times 0, then 1 and 2.
        // The 95th percentile is at position 9.5 of 0 … 10. In the other direction, all distances are 0.
        float[] eleven = Map(1, 20, (_, column) => column < 11), nine = Map(1, 20, (_, column) => column < 9);
        Assert.Equal(1.5, SurfaceDistance.Hausdorff95(eleven, nine, 1, 20), 1e-12);
        Assert.Equal(1.5, SurfaceDistance.Hausdorff95(nine, eleven, 1, 20), 1e-12);
        Assert.Equal(1.5 * 0.4, SurfaceDistance.Hausdorff95(nine, eleven, 20, 1, spacingRows: 0.4), 1e-12);
        Assert.Equal((10 + 9) / 20.0, SurfaceDistance.NormalizedDice(eleven, nine, 1, 20, tolerance: 1), 1e-12);
    }

    [Fact]
    public void What_runs_into_the_edge_of_the_image_has_its_outline_there()
    {
        // The outline of a full 4×4 map consists of its 12 edge pixels. All pixels of the inner 2×2 map belong to its outline. The
        // distance to it is √2 from a corner, and 1 from the other edge pixels.
        float[] full = Map(4, 4, (_, _) => true), inner = Map(4, 4, (row, column) => row is 1 or 2 && column is 1 or 2);
        Assert.Equal(0, SurfaceDistance.Hausdorff95(full, full, 4, 4));
        Assert.Equal((8 + 4) / 16.0, SurfaceDistance.NormalizedDice(full, inner, 4, 4, tolerance: 1), 1e-12);

        // The percentile is at position 10.45 of 0 … 11. The sorted distances are 8 times 1, then 4 times √2.
        Assert.Equal(Math.Sqrt(2), SurfaceDistance.Hausdorff95(full, inner, 4, 4), 1e-12);
    }

    [Fact]
    public void Two_empty_maps_agree_and_just_one_has_nothing_to_measure_to()
    {
        float[] empty = new float[36], tie = [.. Enumerable.Repeat(0.5f, 36)];
        Assert.Equal(0, SurfaceDistance.Hausdorff95(empty, tie, 6, 6));
        Assert.Equal(1, SurfaceDistance.NormalizedDice(empty, tie, 6, 6, tolerance: 1));
        Assert.Equal(double.NaN, SurfaceDistance.Hausdorff95(empty, Square, 6, 6));
        Assert.Equal(double.NaN, SurfaceDistance.Hausdorff95(Square, tie, 6, 6));
        Assert.Equal(0, SurfaceDistance.NormalizedDice(empty, Square, 6, 6, tolerance: 100));
        Assert.Equal(0, SurfaceDistance.NormalizedDice(Square, empty, 6, 6, tolerance: 100));
    }

    [Fact]
    public void A_distance_of_the_tolerance_is_within_whatever_rounding_does()
    {
        // 3 × 0.1 is a little more than 0.3 in double precision.
        float[] one = Map(1, 5, (_, column) => column == 0), other = Map(1, 5, (_, column) => column == 3);
        Assert.Equal(1, SurfaceDistance.NormalizedDice(one, other, 1, 5, tolerance: 0.3, spacingColumns: 0.1));
        Assert.Equal(0, SurfaceDistance.NormalizedDice(one, other, 1, 5, tolerance: 0.2999, spacingColumns: 0.1));
    }

    [Fact]
    public void Sizes_spacings_and_tolerances_that_cannot_be_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SurfaceDistance.Hausdorff95(Square, Square, 6, 7));
        Assert.Throws<ArgumentException>(() => SurfaceDistance.Hausdorff95(Square, new float[35], 6, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => SurfaceDistance.Hausdorff95(Square, Square, 6, 6, spacingRows: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SurfaceDistance.Hausdorff95(Square, Square, 6, 6, spacingColumns: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => SurfaceDistance.NormalizedDice(Square, Square, 6, 6, tolerance: -1));
    }

    private static float[] Map(int height, int width, Func<int, int, bool> isMarked) =>
        [.. Enumerable.Range(0, height * width).Select(i => isMarked(i / width, i % width) ? 1f : 0)];
}
