using Consensus.Imaging.Files;
using Consensus.ML.Tests.Shared;
using SkiaSharp;

namespace Consensus.Imaging.Tests.Formats.Raster;

/// <summary>JPEG files are read with nearly the encoded colours, and turned as their EXIF says. Damaged files are refused.</summary>
public sealed class JpegFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_JPEG_photograph_has_three_channels_near_the_encoded_colours()
    {
        Slice slice = Read("photo.jpg", RasterSamples.Jpeg(24, 16, (_, _) => new SKColor(200, 60, 30)));
        Assert.Equal((3, 16, 24), (slice.Channels, slice.Height, slice.Width));
        Assert.All(slice.Pixels.Take(384), value => Assert.InRange(value, 198, 202));
        Assert.All(slice.Pixels.Skip(768), value => Assert.InRange(value, 28, 32));
    }

    [Fact]
    public void A_grey_JPEG_has_one_channel()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(8, 8, SKColorType.Gray8, SKAlphaType.Opaque));
        bitmap.Erase(new SKColor(90, 90, 90));
        Slice slice = Read("grey.jpg", RasterSamples.Encode(bitmap, SKEncodedImageFormat.Jpeg));
        Assert.Equal((1, 8, 8), (slice.Channels, slice.Height, slice.Width));
        Assert.All(slice.Pixels, value => Assert.InRange(value, 88, 92));
    }

    [Theory]
    [InlineData(1, 16, 24, 0, 0)]
    [InlineData(2, 16, 24, 0, 23)]
    [InlineData(3, 16, 24, 15, 23)]
    [InlineData(4, 16, 24, 15, 0)]
    [InlineData(5, 24, 16, 0, 0)]
    [InlineData(6, 24, 16, 0, 15)]
    [InlineData(7, 24, 16, 23, 15)]
    [InlineData(8, 24, 16, 23, 0)]
    public void A_JPEG_is_turned_as_its_EXIF_orientation_says(byte orientation, int height, int width, int row, int column)
    {
        // The first stored quarter is white. The EXIF data is a TIFF directory with one tag, in a segment after the first two bytes.
        byte[] stored = RasterSamples.Jpeg(24, 16, (x, y) => x < 12 && y < 8 ? SKColors.White : SKColors.Black);
        byte[] exif =
        [
            .. "Exif\0\0"u8, .. "MM\0\u002A\0\0\0\u0008"u8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ];
        byte[] file = [.. stored[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. stored[2..]];
        Slice slice = Read("turned.jpg", file);
        Assert.Equal((height, width), (slice.Height, slice.Width));
        Assert.Equal((3, height, width), SliceReader.ReadSize(_folder["turned.jpg"]));
        foreach ((int y, int x) in new[] { (0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1) })
        {
            Assert.InRange(slice.Pixels[(y * width) + x], (y, x) == (row, column) ? 240 : 0, (y, x) == (row, column) ? 255 : 15);
        }
    }

    [Fact]
    public void A_JPEG_that_ends_early_is_refused()
    {
        byte[] file = RasterSamples.Jpeg(64, 64, (x, y) => new SKColor((byte)(4 * x), (byte)(x * y), (byte)(4 * y)));
        for (int length = 3; length < file.Length - 2; length += 53)
        {
            byte[] cut = file[..length];
            Complaint.Expect<InvalidDataException>(() => Read("cut.jpg", cut), "cut.jpg");
        }
    }

    [Fact]
    public void A_JPEG_that_promises_more_than_it_can_hold_is_refused()
    {
        byte[] file = RasterSamples.Jpeg(8, 8, (_, _) => SKColors.Gray);
        int frame = file.AsSpan().IndexOf((byte[])[0xFF, 0xC0]);
        (file[frame + 5], file[frame + 7]) = (0x20, 0x20);
        Complaint.Expect<InvalidDataException>(() => Read("large.jpg", file), "large.jpg", "cannot hold");
        (file[frame + 5], file[frame + 7]) = (0xFF, 0xFF);
        Complaint.Expect<InvalidDataException>(() => Read("large.jpg", file), "large.jpg", "268435456 at most");
    }

    private Slice Read(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        return SliceReader.Read(_folder[name]);
    }
}
