using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>Draws a soft map over its image.</summary>
public static class SliceOverlay
{
    private const int SmallestPanel = 320;
    private const int Gap = 6;
    private const int ScaleWidth = 14;

    /// <summary>
    /// Draws three parts side by side: the image, the same image under the soft map, and the colour scale (bottom: no rater, top: all
    /// raters). A white line encloses the pixels above one half, which is the majority.
    /// </summary>
    /// <param name="image">
    /// The image. Three channels are drawn in colour; otherwise the first channel is drawn in grey. The darkest value is the 0.5th
    /// percentile, and the brightest is the 99.5th. Rows run down and columns to the right, as stored.
    /// </param>
    /// <param name="softMap">Share of raters, row by row, in [0, 1], of the image's height × width.</param>
    /// <returns>
    /// A picture in which each pixel of the image is a square with a whole number of pixels per side. Images smaller than 320 pixels are
    /// enlarged until the longer side has at least 320 pixels.
    /// </returns>
    /// <exception cref="ArgumentException">The map and the image have different numbers of pixels.</exception>
    public static RgbImage Draw(Slice image, ReadOnlySpan<float> softMap)
    {
        ArgumentNullException.ThrowIfNull(image);
        int height = image.Height, width = image.Width;
        if (softMap.Length != (long)height * width)
        {
            throw new ArgumentException($"The image is {height}×{width}, but the map has {softMap.Length} pixels.", nameof(softMap));
        }

        int zoom = Math.Max(1, (SmallestPanel + Math.Max(height, width) - 1) / Math.Max(height, width));
        int panelHeight = height * zoom, panelWidth = width * zoom;
        var picture = new RgbImage(panelHeight, (2 * panelWidth) + (2 * Gap) + ScaleWidth);
        SKColor[] colours = SliceColours.FromSlice(image, channel: null);
        for (int y = 0; y < panelHeight; y++)
        {
            for (int x = 0; x < panelWidth; x++)
            {
                int at = (y / zoom * width) + (x / zoom);
                Set(picture, y, x, colours[at]);
                Set(
                    picture, y, panelWidth + Gap + x,
                    IsContour(softMap, y, x, zoom, height, width) ? SKColors.White : ShareColours.Over(colours[at], Clamp(softMap[at])));
            }

            SKColor scale = ShareColours.FromShare(panelHeight == 1 ? 1 : 1 - (y / (panelHeight - 1f)));
            for (int x = 0; x < ScaleWidth; x++)
            {
                Set(picture, y, (2 * panelWidth) + (2 * Gap) + x, scale);
            }
        }

        return picture;
    }

    /// <summary>Whether a pixel of the panel is inside the majority and touches a pixel of the panel outside it.</summary>
    private static bool IsContour(ReadOnlySpan<float> map, int y, int x, int zoom, int height, int width)
    {
        return Inside(map, y, x) && (!Inside(map, y - 1, x) || !Inside(map, y + 1, x) || !Inside(map, y, x - 1) || !Inside(map, y, x + 1));

        bool Inside(ReadOnlySpan<float> map, int y, int x)
        {
            int row = Math.Clamp(y, 0, (height * zoom) - 1) / zoom, column = Math.Clamp(x, 0, (width * zoom) - 1) / zoom;
            return map[(row * width) + column] > 0.5f;
        }
    }

    private static void Set(RgbImage picture, int y, int x, SKColor colour)
    {
        Span<byte> pixel = picture.Pixels.AsSpan(((y * picture.Width) + x) * 3, 3);
        (pixel[0], pixel[1], pixel[2]) = (colour.Red, colour.Green, colour.Blue);
    }

    /// <summary>Limits a value to [0, 1]. NaN becomes 0.</summary>
    private static float Clamp(float value) => value > 0 ? Math.Min(value, 1) : 0;
}
