using Consensus.Imaging.Pictures;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Pictures;

/// <summary>
/// Panels show the right colours at the right places. The maps have 4 × 4 pixels and the pictures 80 × 80, so each pixel is a square of
/// 20 × 20. The left half of the map is above one half, so the outline runs along the column 40.
/// </summary>
public sealed class PicturePanelTests
{
    private const int Side = 80, Edge = 40;

    private static readonly (int, int, int) Black = (0, 0, 0), White = (255, 255, 255);

    private static readonly float[] LeftHalf = [.. Enumerable.Range(0, 16).Select(i => i % 4 < 2 ? 1f : 0f)];

    [Theory]
    [InlineData(40, 20, 60, 60, 30)]
    [InlineData(20, 40, 60, 30, 60)]
    [InlineData(3, 1, 1, 1, 1)]
    [InlineData(100, 11, 25, 25, 3)]
    public void The_longer_side_has_the_given_length(int height, int width, int side, int rows, int columns)
    {
        RgbImage picture = PicturePanel.DrawImage(new Slice(1, height, width, new float[height * width]), side);
        Assert.Equal((rows, columns), (picture.Height, picture.Width));
    }

    [Fact]
    public void An_image_is_grey_or_coloured()
    {
        // One column each of the darkest and the brightest value, far from the blurred border between the two.
        RgbImage grey = PicturePanel.DrawImage(new Slice(1, 4, 4, [.. LeftHalf.Select(value => 7 + value)]), Side);
        Assert.Equal((White, Black), (grey.At(Edge, 5), grey.At(Edge, Side - 6)));

        float[] none = new float[16];
        RgbImage colour = PicturePanel.DrawImage(new Slice(3, 4, 4, [.. LeftHalf, .. none, .. none]), Side);
        Assert.Equal(((255, 0, 0), Black), (colour.At(Edge, 5), colour.At(Edge, Side - 6)));
    }

    [Fact]
    public void Each_rater_has_an_outline_in_the_colour_of_the_raters_palette()
    {
        // The first rater marks the left half, the second the upper half. The palette begins with orange and sky blue.
        byte[] left = [.. LeftHalf.Select(value => (byte)value)];
        byte[] upper = [.. Enumerable.Range(0, 16).Select(i => i < 8 ? (byte)1 : (byte)0)];
        RgbImage picture = PicturePanel.DrawOutlines(BlackImage(), new RaterMasks(2, 4, 4, [.. left, .. upper]), Side);
        AssertHue((230, 159, 0), Brightest(picture, row: 65, column: Edge, rowStep: 0, columnStep: 1));
        AssertHue((86, 180, 233), Brightest(picture, row: Edge, column: 65, rowStep: 1, columnStep: 0));
        Assert.Equal((Black, Black), (picture.At(65, 65), picture.At(15, 15)));
    }

    [Fact]
    public void A_soft_map_covers_its_image_and_has_a_white_outline()
    {
        // Over black, the weight of the scale's colour is 0.25 + 0.45 · share: 0.7 · (255, 235, 120) for the share 1. A share of 0 shows
        // the image.
        RgbImage picture = PicturePanel.DrawSoftMap(BlackImage(), LeftHalf, Side);
        (int red, int green, int blue) = picture.At(30, 10);
        Assert.InRange(red, 178, 179);
        Assert.InRange(green, 164, 165);
        Assert.Equal((84, Black), (blue, picture.At(30, 70)));

        // On the right, the line lies over black.
        AssertHue(White, picture.At(30, Edge));
    }

    [Fact]
    public void A_share_of_one_half_is_outside_the_outline()
    {
        RgbImage picture = PicturePanel.DrawSoftMap(BlackImage(), [.. LeftHalf.Select(value => value / 2)], Side);

        // Without an outline, the border between two columns of pixels is sharp.
        Assert.Equal(picture.At(30, 10), picture.At(30, Edge - 1));
        Assert.Equal(Black, picture.At(30, Edge));
    }

    [Fact]
    public void A_level_is_grey_with_the_true_outline_in_orange()
    {
        float[] map = [.. LeftHalf.Select(value => value > 0 ? 0.2f : 3f)];
        map[0] = -1;
        RgbImage plain = PicturePanel.DrawLevel(map, null, 4, 4, Side);
        Assert.Equal((Black, (51, 51, 51), White), (plain.At(10, 10), plain.At(10, 30), plain.At(10, 50)));
        Assert.Equal((51, 51, 51), plain.At(70, Edge - 1));

        byte[] truth = [.. LeftHalf.Select(value => (byte)value)];
        RgbImage outlined = PicturePanel.DrawLevel(new float[16], truth, 4, 4, Side);
        AssertHue((230, 159, 0), Brightest(outlined, row: 30, column: Edge, rowStep: 0, columnStep: 1));
        Assert.Equal((Black, Black), (outlined.At(30, 20), outlined.At(30, 60)));
    }

    [Fact]
    public void An_uncertainty_runs_from_the_darkest_to_the_brightest_colour()
    {
        // The colours of the scale stand at 0, 1/3, 2/3 and 1.
        float[] map = [0, 0.1f, 0.3f, 9, .. new float[12]];
        RgbImage picture = PicturePanel.DrawUncertainty(map, 0.3f, 4, 4, Side);
        Assert.Equal(
            ((64, 20, 120), (170, 40, 130), (255, 235, 120), (255, 235, 120)),
            (picture.At(10, 10), picture.At(10, 30), picture.At(10, 50), picture.At(10, 70)));
        Assert.Equal((64, 20, 120), PicturePanel.DrawUncertainty(map, 0, 4, 4, Side).At(10, 70));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Complaint.Expect<ArgumentException>(
            () => PicturePanel.DrawOutlines(BlackImage(), new RaterMasks(1, 2, 4, new byte[8]), Side), "4×4", "2×4");
        Complaint.Expect<ArgumentException>(() => PicturePanel.DrawSoftMap(BlackImage(), new float[15], Side), "15 values", "4×4");
        Complaint.Expect<ArgumentException>(() => PicturePanel.DrawLevel(new float[16], new byte[15], 4, 4, Side), "15");
        Complaint.Expect<ArgumentException>(() => PicturePanel.DrawUncertainty(new float[16], 1, 4, 5, Side), "16 values", "4×5");
        Assert.Throws<ArgumentOutOfRangeException>(() => PicturePanel.DrawImage(BlackImage(), 0));
    }

    private static Slice BlackImage() => new(1, 4, 4, new float[16]);

    /// <summary>The brightest pixel within three pixels of a place, along a direction.</summary>
    private static (int Red, int Green, int Blue) Brightest(RgbImage picture, int row, int column, int rowStep, int columnStep) =>
        Enumerable.Range(-3, 6).Select(step => picture.At(row + (step * rowStep), column + (step * columnStep)))
            .MaxBy(colour => colour.Red + colour.Green + colour.Blue);

    /// <summary>
    /// A line of 1.2 or 1.3 pixels on the border of two pixels covers at least half of each. Over black, smoothing dims its colour, but
    /// does not change the ratios of red, green and blue.
    /// </summary>
    private static void AssertHue((int Red, int Green, int Blue) line, (int Red, int Green, int Blue) drawn)
    {
        int most = Math.Max(line.Red, Math.Max(line.Green, line.Blue));
        double strength = (double)Math.Max(drawn.Red, Math.Max(drawn.Green, drawn.Blue)) / most;
        Assert.InRange(strength, 0.5, 1);
        Assert.InRange(drawn.Red, (strength * line.Red) - 4, (strength * line.Red) + 4);
        Assert.InRange(drawn.Green, (strength * line.Green) - 4, (strength * line.Green) + 4);
        Assert.InRange(drawn.Blue, (strength * line.Blue) - 4, (strength * line.Blue) + 4);
    }
}
