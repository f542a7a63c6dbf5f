using Consensus.Imaging.Pictures;

namespace Consensus.Imaging.Tests.Pictures;

/// <summary>Outlines run along the edges of marked pixels. The corners for masks of a few pixels are derived by hand.</summary>
public sealed class MaskContourTests
{
    [Fact]
    public void A_single_pixel_has_the_four_corners_of_its_own() =>
        Assert.Equal([[(1, 1), (2, 1), (2, 2), (1, 2)]], Trace("...", ".#.", "..."));

    [Fact]
    public void Neighbours_have_one_outline_around_both() =>
        Assert.Equal([[(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)]], Trace("##."));

    [Fact]
    public void Pixels_that_touch_at_a_corner_have_outlines_of_their_own()
    {
        Assert.Equal([[(0, 0), (1, 0), (1, 1), (0, 1)], [(1, 1), (2, 1), (2, 2), (1, 2)]], Trace("#.", ".#"));
        Assert.Equal([[(1, 0), (2, 0), (2, 1), (1, 1)], [(0, 1), (1, 1), (1, 2), (0, 2)]], Trace(".#", "#."));
    }

    [Fact]
    public void A_hole_has_an_outline_that_runs_the_other_way() =>
        Assert.Equal(
            [
                [(0, 0), (1, 0), (2, 0), (3, 0), (3, 1), (3, 2), (3, 3), (2, 3), (1, 3), (0, 3), (0, 2), (0, 1)],
                [(1, 2), (2, 2), (2, 1), (1, 1)],
            ],
            Trace("###", "#.#", "###"));

    [Fact]
    public void Holes_that_touch_at_a_corner_are_one_outline_because_their_pixels_are_not_joined_there() =>
        Assert.Equal([12 + 4, 8], Trace("####", "#.##", "##.#", "####").Select(loop => loop.Length).OrderDescending());

    [Fact]
    public void A_mask_that_fills_the_image_is_outlined_along_its_border() =>
        Assert.Equal([[(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1)]], Trace("##", "##"));

    [Fact]
    public void An_empty_mask_has_none() => Assert.Empty(Trace("...", "..."));

    private static List<(int X, int Y)[]> Trace(params string[] rows) =>
        MaskContour.Trace([.. rows.SelectMany(row => row).Select(pixel => pixel == '#' ? (byte)1 : (byte)0)], rows.Length, rows[0].Length);
}
