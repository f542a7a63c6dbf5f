using Consensus.ML.Imaging;

namespace Consensus.ML;

/// <summary>Draws a soft map over its image.</summary>
public static class SliceOverlay
{
    private const int SmallestPanel = 320;
    private const int Gap = 6;
    private const int ScaleWidth = 14;

    // From "one of many raters" to "all of them": dark violet, magenta, orange, light yellow. Brightness grows with the share, so it reads in grey too.
    private static readonly (float Red, float Green, float Blue)[] Ramp = [(64, 20, 120), (170, 40, 130), (240, 110, 50), (255, 235, 120)];

    /// <summary>
    /// Draws three things side by side: the image, the same image under the soft map, and the colour scale (bottom: no rater, top: all raters).
    /// The white line encloses the pixels above one half, the majority.
    /// </summary>
    /// <param name="image">The image; its first channel is drawn, from its 0.5th to its 99.5th percentile. Rows run down and columns to the right, as stored.</param>
    /// <param name="softMap">Share of raters, row by row, in [0, 1], of the image's height × width.</param>
    /// <returns>A picture in which each pixel of the image is a square of the same whole number of pixels, enlarged to at least 320 pixels a side where it is smaller.</returns>
    /// <exception cref="ArgumentException">The map has not the image's number of pixels.</exception>
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
        ReadOnlySpan<float> grey = image.Pixels.AsSpan(0, height * width);
        (float dark, float light) = Window(grey);
        for (int y = 0; y < panelHeight; y++)
        {
            for (int x = 0; x < panelWidth; x++)
            {
                int at = (y / zoom * width) + (x / zoom);
                float level = 255 * Clamp((grey[at] - dark) / (light - dark));
                Set(picture, y, x, level, level, level);
                if (IsContour(softMap, y, x, zoom, height, width))
                {
                    Set(picture, y, panelWidth + Gap + x, 255, 255, 255);
                }
                else
                {
                    SetBlended(picture, y, panelWidth + Gap + x, level, Clamp(softMap[at]));
                }
            }

            float share = panelHeight == 1 ? 1 : 1 - (y / (panelHeight - 1f));
            (float red, float green, float blue) = Colour(share);
            for (int x = 0; x < ScaleWidth; x++)
            {
                Set(picture, y, (2 * panelWidth) + (2 * Gap) + x, red, green, blue);
            }
        }

        return picture;
    }

    /// <summary>Enlarged pixels inside the majority that touch, within their panel, one outside it.</summary>
    private static bool IsContour(ReadOnlySpan<float> map, int y, int x, int zoom, int height, int width)
    {
        return Inside(map, y, x) && (!Inside(map, y - 1, x) || !Inside(map, y + 1, x) || !Inside(map, y, x - 1) || !Inside(map, y, x + 1));

        bool Inside(ReadOnlySpan<float> map, int y, int x)
        {
            int row = Math.Clamp(y, 0, (height * zoom) - 1) / zoom, column = Math.Clamp(x, 0, (width * zoom) - 1) / zoom;
            return map[(row * width) + column] > 0.5f;
        }
    }

    private static void SetBlended(RgbImage picture, int y, int x, float level, float share)
    {
        (float red, float green, float blue) = Colour(share);
        float opacity = share < 0.02f ? 0 : 0.25f + (0.45f * share);
        Set(picture, y, x, Mix(level, red, opacity), Mix(level, green, opacity), Mix(level, blue, opacity));
    }

    private static float Mix(float below, float above, float opacity) => below + ((above - below) * opacity);

    private static void Set(RgbImage picture, int y, int x, float red, float green, float blue)
    {
        Span<byte> pixel = picture.Pixels.AsSpan(((y * picture.Width) + x) * 3, 3);
        pixel[0] = (byte)(red + 0.5f);
        pixel[1] = (byte)(green + 0.5f);
        pixel[2] = (byte)(blue + 0.5f);
    }

    private static (float Red, float Green, float Blue) Colour(float share)
    {
        float position = share * (Ramp.Length - 1);
        int below = Math.Min((int)position, Ramp.Length - 2);
        float part = position - below;
        return (Mix(Ramp[below].Red, Ramp[below + 1].Red, part), Mix(Ramp[below].Green, Ramp[below + 1].Green, part), Mix(Ramp[below].Blue, Ramp[below + 1].Blue, part));
    }

    /// <summary>Values drawn black and white, so that a few extreme pixels do not wash the image out.</summary>
    private static (float Dark, float Light) Window(ReadOnlySpan<float> grey)
    {
        float[] finite = [.. grey.ToArray().Where(float.IsFinite)];
        if (finite.Length == 0)
        {
            return (0, 1);
        }

        Array.Sort(finite);
        float dark = finite[(int)(0.005 * (finite.Length - 1))], light = finite[(int)(0.995 * (finite.Length - 1))];
        return light > dark ? (dark, light) : (finite[0], Math.Max(finite[^1], MathF.BitIncrement(finite[0])));
    }

    /// <summary>Into [0, 1]; what is not a number becomes 0.</summary>
    private static float Clamp(float value) => value > 0 ? Math.Min(value, 1) : 0;
}
