using Consensus.Imaging.Pictures;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Pictures;

/// <summary>
/// The parts of a rater picture are at the right places. Positions are derived by hand from its margins (14), title (32), captions (22)
/// and gaps (12).
/// </summary>
public sealed class RaterPictureTests
{
    private const int Left = 14, Top = 14 + 32 + 22, Panel = 512, Second = Left + Panel + 12;

    private static readonly (int, int, int) Orange = (230, 159, 0), SkyBlue = (86, 180, 233), White = (255, 255, 255);

    [Fact]
    public void A_small_slice_is_enlarged_by_a_whole_number_and_has_a_scale_beside_and_a_legend_below_it()
    {
        RgbImage picture = RaterPicture.Draw(Black(64, 64), new RaterMasks(2, 64, 64, new byte[2 * 64 * 64]));
        Assert.Equal(Second + Panel + 12 + 14 + 42 + 14, picture.Width);
        Assert.Equal(Top + Panel + 12 + 22 + 14, picture.Height);
        Assert.Equal((255, 235, 120), picture.At(Top, Second + Panel + 12 + 5));
        Assert.Equal((64, 20, 120), picture.At(Top + Panel - 1, Second + Panel + 12 + 5));
        Assert.Equal((0, 0, 0), picture.At(Top + 5, Left + 5));
    }

    [Fact]
    public void A_large_slice_is_fitted()
    {
        RgbImage picture = RaterPicture.Draw(Black(704, 1408), new RaterMasks(1, 704, 1408, new byte[704 * 1408]));
        Assert.Equal((2 * 14) + (2 * 704) + (2 * 12) + 14 + 42, picture.Width);
        Assert.Equal(Top + 352 + 12 + 22 + 14, picture.Height);
    }

    [Fact]
    public void A_straight_border_is_drawn_on_the_edge_of_its_pixels_in_its_raters_colour()
    {
        // 8 × 8 pixels are drawn with 64 pixels each. The left half is marked, so the edge is 4 · 64 = 256 pixels from the left.
        RgbImage picture = RaterPicture.Draw(
            Black(8, 8), new RaterMasks(1, 8, 8, [.. Enumerable.Range(0, 64).Select(i => i % 8 < 4 ? (byte)1 : (byte)0)]));
        int row = Top + 200;
        Assert.True(picture.At(row, Left + 255).Red > 180 && picture.At(row, Left + 256).Red > 180);
        Assert.Equal((0, 0, 0), picture.At(row, Left + 250));
        Assert.Equal((0, 0, 0), picture.At(row, Left + 262));
    }

    [Fact]
    public void The_outline_of_one_pixel_is_an_eighth_of_a_pixel_inside_its_edges()
    {
        // The spline runs over the middles of four edges. At its outermost point, it is ⅛·0.5 + ¾·0 + ⅛·0.5 away from an edge. The pixel
        // is 512/4 = 128 wide.
        byte[] mask = new byte[16];
        mask[5] = 1;
        RgbImage picture = RaterPicture.Draw(Black(4, 4), new RaterMasks(1, 4, 4, mask));
        int middle = Top + 128 + 64;
        Assert.True(picture.At(middle, Left + 128 + 16).Red > 180);
        Assert.True(picture.At(middle, Left + 256 - 16 - 1).Red > 180);
        Assert.Equal((0, 0, 0), picture.At(middle, Left + 128 + 64));
        Assert.Equal((0, 0, 0), picture.At(middle, Left + 128 + 8));
    }

    [Fact]
    public void Raters_who_drew_the_same_line_are_both_seen_on_it()
    {
        byte[] half = [.. Enumerable.Range(0, 64).Select(i => i % 8 < 4 ? (byte)1 : (byte)0)];
        RgbImage one = RaterPicture.Draw(Black(8, 8), new RaterMasks(1, 8, 8, half)),
            two = RaterPicture.Draw(Black(8, 8), new RaterMasks(2, 8, 8, [.. half, .. half]));
        int alone = one.Count(Orange, Top, Left, Panel, Panel), first = two.Count(Orange, Top, Left, Panel, Panel),
            second = two.Count(SkyBlue, Top, Left, Panel, Panel);
        Assert.InRange(first, 0.4 * alone, 0.6 * alone);
        Assert.InRange(second, 0.4 * alone, 0.6 * alone);
    }

    [Fact]
    public void The_soft_map_has_the_colour_of_the_share_and_a_white_line_around_the_majority()
    {
        // Three raters mark the first column, two mark the second, one marks the third, and nobody marks the fourth.
        byte[] masks =
        [
            .. new[] { 3, 2, 1 }.SelectMany(columns => Enumerable.Range(0, 16).Select(i => i % 4 < columns ? (byte)1 : (byte)0)),
        ];
        RgbImage picture = RaterPicture.Draw(Black(4, 4), new RaterMasks(3, 4, 4, masks));
        int row = Top + 200;

        // Over black, the weight of the scale's colour is 0.25 + 0.45 · share. The colour is (255, 235, 120) for the share 1, and (170,
        // 40, 130) for ⅓.
        AssertNear((179, 165, 84), picture.At(row, Second + 64));
        AssertNear((68, 16, 52), picture.At(row, Second + 256 + 64));
        Assert.Equal((0, 0, 0), picture.At(row, Second + 384 + 64));
        Assert.True(picture.At(row, Second + 255).Blue > 180, "The majority ends after two of four columns.");
    }

    [Fact]
    public void The_legend_shows_each_raters_line()
    {
        RgbImage picture = RaterPicture.Draw(Black(64, 64), new RaterMasks(8, 64, 64, new byte[8 * 64 * 64]), new()
        {
            RaterNames = ["A", "B", "C", "D", "E", "F", "G", "H"],
        });
        (int, int, int)[] palette = [Orange, SkyBlue, (0, 178, 125), (240, 228, 66), (70, 110, 255), (232, 80, 20), (225, 130, 190), White];
        Assert.All(palette, colour => Assert.InRange(picture.Count(colour, Top + Panel + 12, Left, 14, 44 * 8 * 2), 50, int.MaxValue));
    }

    [Fact]
    public void Thirty_two_raters_have_lines_of_their_own()
    {
        var lines = Enumerable.Range(0, RaterLine.Distinct)
            .Select(rater => (RaterLine.ForRater(rater).Colour, string.Join(' ', RaterLine.ForRater(rater).Pattern)));
        Assert.Equal(32, lines.Distinct().Count());
        Assert.Equal(RaterLine.ForRater(0), RaterLine.ForRater(32));
    }

    [Fact]
    public void A_dashed_line_is_drawn_and_left_out_in_turn()
    {
        RaterLine dashed = RaterLine.ForRater(8);
        Assert.Equal([9, 5], dashed.Pattern);
        Assert.Equal([true, true, false, false, true], new[] { 0f, 8.9f, 9, 13.9f, 14 }.Select(dashed.IsDrawn));
    }

    [Fact]
    public void Three_channels_are_colours_and_one_chosen_channel_is_grey()
    {
        var image = new Slice(3, 1, 4, [0, 200, 200, 0, 0, 100, 0, 0, 0, 0, 0, 0]);
        RgbImage colour = RaterPicture.Draw(image), grey = RaterPicture.Draw(image, new() { Channel = 1 });

        // All channels share one window of values, from 0 to 200. The second pixel is (200, 100, 0).
        Assert.Equal((255, 128, 0), colour.At(14 + 32 + 50, Left + 200));
        Assert.Equal(White, grey.At(14 + 32 + 50, Left + 200));
    }

    [Fact]
    public void Another_number_of_channels_shows_the_first()
    {
        var image = new Slice(2, 1, 2, [0, 9, 9, 0]);
        Assert.Equal((0, 0, 0), RaterPicture.Draw(image).At(14 + 32 + 50, Left + 100));
        Assert.Equal(White, RaterPicture.Draw(image, new() { Channel = 1 }).At(14 + 32 + 50, Left + 100));
    }

    [Fact]
    public void The_title_is_written()
    {
        var masks = new RaterMasks(1, 64, 64, new byte[64 * 64]);
        RgbImage short_ = RaterPicture.Draw(Black(64, 64), masks),
            long_ = RaterPicture.Draw(Black(64, 64), masks, new() { Title = "a case of a longer name" });
        Assert.True(Dark(long_) > Dark(short_) && Dark(short_) > 100);

        static int Dark(RgbImage picture) =>
            Enumerable.Range(0, 40).Sum(row => Enumerable.Range(0, picture.Width).Count(column => picture.At(row, column).Green < 100));
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        var masks = new RaterMasks(1, 2, 2, new byte[4]);
        Complaint.Expect<ArgumentException>(() => RaterPicture.Draw(Black(2, 3), masks), "2×3", "2×2");
        Complaint.Expect<ArgumentException>(
            () => RaterPicture.Draw(Black(2, 2), masks, new() { RaterNames = ["A", "B"] }), "1 rater", "2 names");
        Complaint.Expect<ArgumentOutOfRangeException>(
            () => RaterPicture.Draw(Black(2, 2), masks, new() { Channel = 1 }), "1 channel", "channel 1");
    }

    private static Slice Black(int height, int width) => new(1, height, width, new float[height * width]);

    private static void AssertNear((int Red, int Green, int Blue) expected, (int Red, int Green, int Blue) actual)
    {
        Assert.InRange(actual.Red, expected.Red - 1, expected.Red + 1);
        Assert.InRange(actual.Green, expected.Green - 1, expected.Green + 1);
        Assert.InRange(actual.Blue, expected.Blue - 1, expected.Blue + 1);
    }
}
