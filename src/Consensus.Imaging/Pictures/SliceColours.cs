using System.Globalization;
using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>Turns a slice's values into colours.</summary>
internal static class SliceColours
{
    private const int MostSorted = 1 << 20;

    /// <summary>
    /// The colour of each pixel, row by row. Three channels become red, green and blue. They share one window of values, so the balance of
    /// the colours stays. In all other cases, one channel is drawn in grey.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="channel">
    /// The only channel to draw, from 0. Null means colour if there are three channels, else the first channel.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such channel; the message says how many there are.</exception>
    public static SKColor[] FromSlice(Slice image, int? channel)
    {
        if (channel < 0 || channel >= image.Channels)
        {
            throw new ArgumentOutOfRangeException(nameof(channel), string.Create(
                CultureInfo.InvariantCulture,
                $"The image has {image.Channels} channels, numbered from 0, and so no channel {channel}."));
        }

        int size = image.Height * image.Width;
        bool isColour = channel is null && image.Channels == 3;
        ReadOnlySpan<float> red = image.Pixels.AsSpan((channel ?? 0) * size, size),
            green = isColour ? image.Pixels.AsSpan(size, size) : red, blue = isColour ? image.Pixels.AsSpan(2 * size, size) : red;
        (float dark, float light) = Window(isColour ? image.Pixels : red);
        var colours = new SKColor[size];
        for (int i = 0; i < size; i++)
        {
            colours[i] = new(Level(red[i]), Level(green[i]), Level(blue[i]));
        }

        return colours;

        byte Level(float value)
        {
            float level = (value - dark) / (light - dark);
            return level > 0 ? (byte)((255 * Math.Min(level, 1)) + 0.5f) : (byte)0; // what is not a number is black
        }
    }

    /// <summary>The value that is drawn black, and the value that is drawn white. A few extreme pixels do not change them much.</summary>
    private static (float Dark, float Light) Window(ReadOnlySpan<float> values)
    {
        // Sorting all values of a large image would take seconds. Evenly spaced values give nearly the same percentiles.
        int step = 1 + (values.Length / MostSorted);
        var finite = new List<float>((values.Length / step) + 1);
        for (int i = 0; i < values.Length; i += step)
        {
            if (float.IsFinite(values[i]))
            {
                finite.Add(values[i]);
            }
        }

        if (finite.Count == 0)
        {
            return (0, 1);
        }

        finite.Sort();
        float dark = finite[(int)(0.005 * (finite.Count - 1))], light = finite[(int)(0.995 * (finite.Count - 1))];
        return light > dark ? (dark, light) : (finite[0], Math.Max(finite[^1], MathF.BitIncrement(finite[0])));
    }
}
