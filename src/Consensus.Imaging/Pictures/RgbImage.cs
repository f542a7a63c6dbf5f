using Consensus.Imaging.Storage;
using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>A picture with 8 bits each for red, green and blue.</summary>
public sealed class RgbImage
{
    /// <summary>Creates a black picture.</summary>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is below 1.</exception>
    public RgbImage(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        Height = height;
        Width = width;
        Pixels = new byte[checked(height * width * 3)];
    }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>Number of columns.</summary>
    public int Width { get; }

    /// <summary>Red, green and blue of each pixel, row by row: height × width × 3 values.</summary>
    public byte[] Pixels { get; }

    /// <summary>Writes the picture as a PNG file. The file is written completely or not at all (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public void SavePng(string path) => AtomicFile.Write(path, WritePng);

    /// <summary>Writes the picture in PNG format.</summary>
    /// <param name="stream">The stream; it stays open.</param>
    public void WritePng(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var colours = new byte[4 * Height * Width];
        for (int pixel = 0; pixel < Height * Width; pixel++)
        {
            Pixels.AsSpan(3 * pixel, 3).CopyTo(colours.AsSpan(4 * pixel));
            colours[(4 * pixel) + 3] = byte.MaxValue;
        }

        using SKImage image = SKImage.FromPixelCopy(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque), colours);
        using SKData png = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        png.SaveTo(stream);
    }
}
