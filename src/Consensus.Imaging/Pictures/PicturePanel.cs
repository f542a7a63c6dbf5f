using System.Diagnostics.CodeAnalysis;
using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>
/// Draws small pictures without text, for tables and pages: an image, outlines or maps. The colours are those of
/// <see cref="RaterPicture"/>. Use that class for pictures with captions and a legend.
/// </summary>
[Experimental("CONSENSUS001")]
public static class PicturePanel
{
    private const float OutlineThickness = 1.2f;

    // The orange of the raters' palette can be seen on black and on white.
    private static readonly RaterLine Truth = new(new SKColor(230, 159, 0), []), Majority = new(SKColors.White, []);

    /// <summary>Draws an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="side">The longer side of the picture, in pixels.</param>
    /// <exception cref="ArgumentOutOfRangeException">The side is below 1.</exception>
    public static RgbImage DrawImage(Slice image, int side)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Draw(image.Height, image.Width, side, (canvas, area) =>
            canvas.DrawImage(SliceColours.FromSlice(image, null), image.Height, image.Width, area, isSmooth: true));
    }

    /// <summary>Draws an image with the outline of each rater's mask.</summary>
    /// <param name="image">The image.</param>
    /// <param name="masks">The masks, of the image's size.</param>
    /// <param name="side">The longer side of the picture, in pixels.</param>
    /// <exception cref="ArgumentException">The masks have another size than the image.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side is below 1.</exception>
    public static RgbImage DrawOutlines(Slice image, RaterMasks masks, int side)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.Height != image.Height || masks.Width != image.Width)
        {
            throw new ArgumentException(
                $"The image is {image.Height}×{image.Width}, but the masks are {masks.Height}×{masks.Width}: both must be of one size.",
                nameof(masks));
        }

        return Draw(image.Height, image.Width, side, (canvas, area) =>
        {
            canvas.DrawImage(SliceColours.FromSlice(image, null), image.Height, image.Width, area, isSmooth: true);
            canvas.DrawOutlines(masks, [.. Enumerable.Range(0, masks.Raters).Select(RaterLine.ForRater)], area, thickness: 1.3f);
        });
    }

    /// <summary>Draws a soft map over its image, with an outline around the pixels above one half.</summary>
    /// <param name="image">The image.</param>
    /// <param name="map">The share of raters at each pixel, in [0, 1], row by row. It has as many values as the image has pixels.</param>
    /// <param name="side">The longer side of the picture, in pixels.</param>
    /// <exception cref="ArgumentException">The map has another number of values.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side is below 1.</exception>
    public static RgbImage DrawSoftMap(Slice image, float[] map, int side)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check(map, image.Height, image.Width, nameof(map));
        RaterMasks above = new(1, image.Height, image.Width, [.. map.Select(value => value > 0.5f ? (byte)1 : (byte)0)]);
        return Draw(image.Height, image.Width, side, (canvas, area) =>
        {
            canvas.DrawImage([.. SliceColours.FromSlice(image, null).Zip(map, ShareColours.Over)], image.Height, image.Width, area);
            canvas.DrawOutlines(above, [Majority], area, OutlineThickness);
        });
    }

    /// <summary>Draws a map in grey, from black for 0 to white for 1. If the true mask is given, its outline is drawn too.</summary>
    /// <param name="map">The map, row by row. Values below 0 are drawn black, values above 1 white.</param>
    /// <param name="truth">The true mask, 0 or 1 for each pixel; null for none.</param>
    /// <param name="height">Rows of the map.</param>
    /// <param name="width">Columns of the map.</param>
    /// <param name="side">The longer side of the picture, in pixels.</param>
    /// <exception cref="ArgumentException">The map has another number of values, or the mask does not fit it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side is below 1.</exception>
    public static RgbImage DrawLevel(float[] map, byte[]? truth, int height, int width, int side)
    {
        Check(map, height, width, nameof(map));
        RaterMasks? mask = truth is null ? null : new(1, height, width, truth);
        return Draw(height, width, side, (canvas, area) =>
        {
            canvas.DrawImage([.. map.Select(Grey)], height, width, area);
            if (mask is not null)
            {
                canvas.DrawOutlines(mask, [Truth], area, OutlineThickness);
            }
        });
    }

    /// <summary>Draws an uncertainty in the colours of soft maps.</summary>
    /// <param name="map">The map, row by row, at least 0.</param>
    /// <param name="most">The value of the brightest colour. Larger values get the same colour.</param>
    /// <param name="height">Rows of the map.</param>
    /// <param name="width">Columns of the map.</param>
    /// <param name="side">The longer side of the picture, in pixels.</param>
    /// <exception cref="ArgumentException">The map has another number of values.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side is below 1.</exception>
    public static RgbImage DrawUncertainty(float[] map, float most, int height, int width, int side)
    {
        Check(map, height, width, nameof(map));
        return Draw(height, width, side, (canvas, area) => canvas.DrawImage(
            [.. map.Select(value => ShareColours.FromShare(most > 0 ? Math.Clamp(value / most, 0, 1) : 0))], height, width, area));
    }

    private static void Check(float[] map, int height, int width, string name)
    {
        ArgumentNullException.ThrowIfNull(map, name);
        if (map.Length != height * width)
        {
            throw new ArgumentException($"The map has {map.Length} values; {height}×{width} pixels need {height * width}.", name);
        }
    }

    private static SKColor Grey(float value)
    {
        byte level = (byte)((255 * Math.Clamp(value, 0, 1)) + 0.5f);
        return new(level, level, level);
    }

    private static RgbImage Draw(int height, int width, int side, Action<PictureCanvas, SKRect> draw)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        float scale = side / (float)Math.Max(height, width);
        int rows = Math.Max(1, (int)Math.Round(height * scale)), columns = Math.Max(1, (int)Math.Round(width * scale));
        using var canvas = new PictureCanvas(rows, columns);
        draw(canvas, SKRect.Create(0, 0, columns, rows));
        return canvas.ToImage();
    }
}
