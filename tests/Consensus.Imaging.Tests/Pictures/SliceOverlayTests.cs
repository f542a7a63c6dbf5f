using Consensus.Imaging.Pictures;
using SkiaSharp;

namespace Consensus.Imaging.Tests.Pictures;

public sealed class SliceOverlayTests
{
    [Fact]
    public void A_picture_is_a_PNG_of_its_size_and_its_pixels()
    {
        var picture = new RgbImage(2, 3);
        for (int i = 0; i < picture.Pixels.Length; i++)
        {
            picture.Pixels[i] = (byte)(10 * i);
        }

        using var stream = new MemoryStream();
        picture.WritePng(stream);
        stream.Position = 0;
        using SKBitmap decoded = SKBitmap.Decode(stream);
        Assert.Equal((3, 2), (decoded.Width, decoded.Height));
        Assert.Equal(picture.Pixels, decoded.Pixels.SelectMany(colour => new[] { colour.Red, colour.Green, colour.Blue }));
    }

    [Fact]
    public void An_overlay_leaves_the_image_grey_where_nobody_marks_and_colours_it_where_someone_does()
    {
        // The image has 320 pixels per side, so it is not enlarged. Four of ten raters mark the lower half. This is not a majority, so
        // there is no white outline.
        const int Side = 320;
        float[] map = new float[Side * Side];
        Array.Fill(map, 0.4f, Side * Side / 2, Side * Side / 2);
        RgbImage picture = SliceOverlay.Draw(
            new Slice(1, Side, Side, [.. Enumerable.Range(0, Side * Side).Select(i => (float)(i % Side))]), map);
        Assert.Equal(Side, picture.Height);
        Assert.Equal((2 * Side) + 26, picture.Width);
        (byte red, byte green, byte blue) = Pixel(picture, 10, Side + 6 + 100);
        Assert.True(red == green && green == blue);
        Assert.Equal(Pixel(picture, 10, 100), (red, green, blue));
        (red, green, blue) = Pixel(picture, Side - 10, Side + 6 + 100);
        Assert.True(red > green && red > blue);
    }

    [Fact]
    public void An_overlay_encloses_the_majority_in_white()
    {
        float[] map = new float[16];
        map[5] = 0.9f;
        RgbImage picture = SliceOverlay.Draw(new Slice(1, 4, 4, new float[16]), map);

        // Each of the 4 × 4 pixels is drawn with 80 × 80 pixels. The second panel begins at column 326, and the marked pixel begins at its
        // row 80 and column 80.
        (byte, byte, byte) white = (255, 255, 255);
        Assert.Equal(white, Pixel(picture, 80, 326 + 80));
        Assert.Equal(white, Pixel(picture, 159, 326 + 159));
        Assert.NotEqual(white, Pixel(picture, 120, 326 + 120));
        Assert.NotEqual(white, Pixel(picture, 79, 326 + 80));
    }

    [Fact]
    public void A_constant_image_and_one_without_finite_values_can_be_drawn()
    {
        Assert.NotNull(SliceOverlay.Draw(new Slice(1, 2, 2, [5, 5, 5, 5]), new float[4]));
        Assert.NotNull(SliceOverlay.Draw(new Slice(1, 2, 2, [float.NaN, float.NaN, float.NaN, float.NaN]), [float.NaN, 0, 1, 2]));
    }

    [Fact]
    public void A_map_of_another_size_than_its_image_is_refused() =>
        Assert.Throws<ArgumentException>(() => SliceOverlay.Draw(new Slice(1, 2, 2, new float[4]), new float[6]));

    private static (byte Red, byte Green, byte Blue) Pixel(RgbImage picture, int row, int column)
    {
        int at = ((row * picture.Width) + column) * 3;
        return (picture.Pixels[at], picture.Pixels[at + 1], picture.Pixels[at + 2]);
    }
}
