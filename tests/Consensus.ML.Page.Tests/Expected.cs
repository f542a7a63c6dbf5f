using System.Buffers.Binary;
using System.Text.Json;

namespace Consensus.ML.Page.Tests;

/// <summary>
/// What the page must draw, computed here a second time from the server's numbers. The scale of the soft map runs in OKLCH from lightness
/// 0.36, chroma 0.15, hue 300° to 0.93, 0.13, 455°, in 256 steps; that of the uncertainty from 0.36, 0.11, 268° to 0.93, 0.13, 150°.
/// </summary>
internal static class Expected
{
    public const int Margin = 30;
    private static readonly double[] Level = [0, 224, 255];

    /// <summary>The values of a map of the server's answer.</summary>
    public static float[] Values(JsonElement array)
    {
        byte[] bytes = array.GetProperty("values").GetBytesFromBase64();
        return [.. Enumerable.Range(0, bytes.Length / 4).Select(at => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * at)))];
    }

    /// <summary>The colour of a pixel.</summary>
    /// <param name="value">The image's value.</param>
    /// <param name="window">The values that are black and white.</param>
    /// <param name="isInLevel">Whether the chosen level marks it.</param>
    /// <param name="map">The map's value by the top of its scale; null for no map.</param>
    /// <param name="opacity">The map's opacity.</param>
    /// <param name="isSoft">Whether it is the soft map, else the uncertainty.</param>
    public static int[] Colour(
        double value, (double Low, double High) window, bool isInLevel, double? map, double opacity = 0.6, bool isSoft = true)
    {
        double grey = Round(255 * Math.Clamp((value - window.Low) / (window.High - window.Low), 0, 1));
        double[] colour = [grey, grey, grey];
        if (map is { } share)
        {
            double alpha = opacity * Math.Clamp(share / 0.25, 0, 1);
            int[] scale = Scale(Round(255 * Math.Clamp(share, 0, 1)) / 255, isSoft);
            colour = [.. colour.Select((part, at) => part + ((scale[at] - part) * alpha))];
        }
        else if (isInLevel)
        {
            colour = [.. colour.Select((part, at) => part + ((Level[at] - part) * 0.2))];
        }

        return [.. colour.Select(part => (int)Round(part))];
    }

    /// <summary>The middle of a pixel on the canvas, of an image that fits into it and is shown as it is stored.</summary>
    public static (double X, double Y) Place(
        int row, int column, (int Height, int Width) image, (double Rows, double Columns) spacing, (int Width, int Height) canvas)
    {
        double width = image.Width * spacing.Columns, height = image.Height * spacing.Rows;
        double scale = Math.Min((canvas.Width - (2 * Margin)) / width, (canvas.Height - (2 * Margin)) / height);
        return (
            (canvas.Width / 2.0) + (scale * (((column + 0.5) * spacing.Columns) - (width / 2))),
            (canvas.Height / 2.0) + (scale * (((row + 0.5) * spacing.Rows) - (height / 2))));
    }

    /// <summary>Björn Ottosson's OKLab, "A perceptual color space for image processing", 2020; sRGB after IEC 61966-2-1.</summary>
    private static int[] Scale(double t, bool isSoft)
    {
        double lightness = 0.36 + (0.57 * t);
        double chroma = isSoft ? 0.15 - (0.02 * t) : 0.11 + (0.02 * t);
        double hue = (isSoft ? 300 + (155 * t) : 268 - (118 * t)) * Math.PI / 180;
        double a = chroma * Math.Cos(hue), b = chroma * Math.Sin(hue);
        double l = Cube(lightness + (0.3963377774 * a) + (0.2158037573 * b));
        double m = Cube(lightness - (0.1055613458 * a) - (0.0638541728 * b));
        double s = Cube(lightness - (0.0894841775 * a) - (1.2914855480 * b));
        return
        [
            Byte((4.0767416621 * l) - (3.3077115913 * m) + (0.2309699292 * s)),
            Byte((-1.2684380046 * l) + (2.6097574011 * m) - (0.3413193965 * s)),
            Byte((-0.0041960863 * l) - (0.7034186147 * m) + (1.7076147010 * s)),
        ];

        static double Cube(double value) => value * value * value;

        static int Byte(double linear)
        {
            double bounded = Math.Clamp(linear, 0, 1);
            return (int)Round(255 * (bounded <= 0.0031308 ? 12.92 * bounded : (1.055 * Math.Pow(bounded, 1 / 2.4)) - 0.055));
        }
    }

    private static double Round(double value) => Math.Floor(value + 0.5);
}
