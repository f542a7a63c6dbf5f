using Consensus.Imaging.Formats;
using Consensus.ML.Tests.Shared;
using SkiaSharp;

namespace Consensus.Imaging.Tests.Formats.Raster;

/// <summary>A small file of each raster format, and the slice that it holds.</summary>
/// <param name="File">The bytes of the file.</param>
/// <param name="Height">Rows of the slice.</param>
/// <param name="Width">Columns of the slice.</param>
/// <param name="Pixels">The values of the slice's only channel.</param>
/// <param name="Tolerance">The largest allowed error of a value.</param>
internal sealed record RasterSample(byte[] File, int Height, int Width, float[] Pixels, float Tolerance = 0);

/// <summary>Makes files of raster formats.</summary>
internal static class RasterSamples
{
    /// <summary>The sample of a format. A new format adds its own here.</summary>
    public static RasterSample Get(ImageFormat format) => format switch
    {
        ImageFormat.Png => new(new PngBytes().File(), 2, 3, [1, 2, 3, 4, 5, 6]),
        ImageFormat.Jpeg => new(GreyJpeg(8, 90), 8, 8, [.. Enumerable.Repeat(90f, 64)], Tolerance: 2),
        ImageFormat.Tiff => new(new TiffBytes().File(), 2, 3, [1, 2, 3, 4, 5, 6]),
        ImageFormat.Bmp => new(
            Bitmap(2, 2, 1, [0, 0, 0, 0, 255, 255, 255, 0], [0b0100_0000, 0, 0, 0, 0b1000_0000, 0, 0, 0]), 2, 2, [255, 0, 0, 255]),
        ImageFormat.Gif => new(Gif([0, 0, 0, 255, 255, 255]), 2, 2, [0, 255, 255, 0]),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no sample of this format: add one."),
    };

    private static byte[] GreyJpeg(int size, byte value)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(size, size, SKColorType.Gray8, SKAlphaType.Opaque));
        bitmap.Erase(new SKColor(value, value, value));
        return Encode(bitmap, SKEncodedImageFormat.Jpeg);
    }

    public static byte[] Jpeg(int width, int height, Func<int, int, SKColor> colour)
    {
        using var bitmap = new SKBitmap(width, height, isOpaque: true);
        for (int i = 0; i < width * height; i++)
        {
            bitmap.SetPixel(i % width, i / width, colour(i % width, i / width));
        }

        return Encode(bitmap, SKEncodedImageFormat.Jpeg);
    }

    public static byte[] Encode(SKBitmap bitmap, SKEncodedImageFormat format)
    {
        using SKData data = bitmap.Encode(format, 100);
        return data.ToArray();
    }

    /// <summary>A Windows bitmap whose header has 40 bytes.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="bits">Bits of a pixel.</param>
    /// <param name="palette">Four bytes for each colour.</param>
    /// <param name="rows">The rows from the bottom to the top. Each has a multiple of four bytes.</param>
    public static byte[] Bitmap(int width, int height, short bits, byte[] palette, byte[] rows) =>
    [
        .. "BM"u8, .. Int32(54 + palette.Length + rows.Length), .. Int32(0), .. Int32(54 + palette.Length),
        .. Int32(40), .. Int32(width), .. Int32(height), 1, 0, .. BitConverter.GetBytes(bits), .. Int32(0), .. Int32(rows.Length),
        .. Int32(0), .. Int32(0), .. Int32(palette.Length / 4), .. Int32(0), .. palette, .. rows,
    ];

    /// <summary>
    /// Two rows of two pixels, 0 1 and 1 0, with a table of two colours. The codes have three bits, and are cleared before they would need
    /// more.
    /// </summary>
    public static byte[] Gif(byte[] table)
    {
        int packed = 0, at = 0;
        foreach (int code in (int[])[4, 0, 1, 4, 1, 0, 5])
        {
            packed |= code << at;
            at += 3;
        }

        return
        [
            .. "GIF89a"u8, 2, 0, 2, 0, 0x80, 0, 0, .. table, 0x2C, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 3, (byte)packed, (byte)(packed >> 8),
            (byte)(packed >> 16), 0, 0x3B,
        ];
    }

    private static byte[] Int32(int value) => BitConverter.GetBytes(value);
}
