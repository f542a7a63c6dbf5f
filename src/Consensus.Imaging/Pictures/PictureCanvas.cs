using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>A white canvas in memory. Text looks the same on every machine.</summary>
internal sealed class PictureCanvas : IDisposable
{
    private static readonly SKColor Ink = new(25, 25, 25);

    private readonly SKBitmap _bitmap;

    public PictureCanvas(int height, int width)
    {
        _bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Canvas = new SKCanvas(_bitmap);
        Canvas.Clear(SKColors.White);
    }

    public SKCanvas Canvas { get; }

    /// <summary>Writes a line of text.</summary>
    /// <param name="text">The line.</param>
    /// <param name="x">The left end of the line.</param>
    /// <param name="baseline">The vertical position of the bottom of capital letters.</param>
    /// <param name="size">Height of a capital letter, in pixels.</param>
    public void Write(string text, float x, float baseline, float size)
    {
        using SKPath strokes = StrokeAlphabet.Outline(text, size);
        strokes.Offset(x, baseline);
        using var paint = new SKPaint
        {
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = Math.Max(1.1f, size / 8.5f),
            StrokeCap = SKStrokeCap.Round,
            StrokeJoin = SKStrokeJoin.Round,
            Color = Ink,
        };
        Canvas.DrawPath(strokes, paint);
    }

    /// <summary>
    /// Draws an image, smoothly or with each pixel as a square. If the area is smaller than the image, it is always drawn smoothly.
    /// </summary>
    public void DrawImage(SKColor[] colours, int height, int width, SKRect area, bool isSmooth = false)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque)) { Pixels = colours };
        using var paint = new SKPaint { FilterQuality = isSmooth || area.Width < width ? SKFilterQuality.Medium : SKFilterQuality.None };
        Canvas.DrawBitmap(bitmap, area, paint);
    }

    /// <summary>Draws the outline of each mask over its image.</summary>
    /// <param name="masks">The masks.</param>
    /// <param name="lines">A line for each mask.</param>
    /// <param name="area">The place of the image.</param>
    /// <param name="thickness">The width of the lines, in pixels.</param>
    public void DrawOutlines(RaterMasks masks, IReadOnlyList<RaterLine> lines, SKRect area, float thickness)
    {
        Canvas.Save();
        Canvas.ClipRect(area);
        ContourLines.Draw(Canvas, masks, lines, area, thickness);
        Canvas.Restore();
    }

    /// <summary>The canvas as a picture.</summary>
    public RgbImage ToImage()
    {
        Canvas.Flush();
        var image = new RgbImage(_bitmap.Height, _bitmap.Width);
        ReadOnlySpan<byte> colours = _bitmap.GetPixelSpan();
        for (int pixel = 0; pixel < image.Height * image.Width; pixel++)
        {
            colours.Slice(4 * pixel, 3).CopyTo(image.Pixels.AsSpan(3 * pixel));
        }

        return image;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Canvas.Dispose();
        _bitmap.Dispose();
    }
}
