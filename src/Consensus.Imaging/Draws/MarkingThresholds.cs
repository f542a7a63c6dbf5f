using System.Globalization;
using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Draws;

/// <summary>
/// A soft map as thresholds of latent normal numbers: a number lies below Φ⁻¹(m) with the probability m. Only the smallest box that has all
/// pixels where raters differ is drawn; outside it, every mask is the same.
/// </summary>
internal sealed class MarkingThresholds
{
    // Maps that were averaged or resized may lie slightly outside [0, 1], but not further.
    private const float Rounding = 1e-4f;

    /// <param name="map">The share of raters at each pixel, row by row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ArgumentException">The map has another number of values, or a value outside [0, 1].</exception>
    public MarkingThresholds(ReadOnlySpan<float> map, int height, int width)
    {
        if (map.Length != (long)height * width)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"A soft map of {height}×{width} has {(long)height * width} values, but {map.Length} were given."), nameof(map));
        }

        int wrong = map.IndexOfAnyExceptInRange(-Rounding, 1 + Rounding);
        if (wrong >= 0)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"The soft map is {map[wrong]} at row {wrong / width}, column {wrong % width}; a share of raters is from 0 to 1."),
                nameof(map));
        }

        (Height, Width) = (height, width);
        Values = new double[map.Length];
        var known = new Dictionary<float, double>();
        (int bottom, int right) = (-1, -1);
        (Top, Left) = (height, width);
        for (int i = 0; i < map.Length; i++)
        {
            if (map[i] <= 0 || map[i] >= 1)
            {
                Values[i] = map[i] <= 0 ? double.NegativeInfinity : double.PositiveInfinity;
                continue;
            }

            if (!known.TryGetValue(map[i], out Values[i]))
            {
                known.Add(map[i], Values[i] = Quantile(map[i]));
            }

            (int row, int column) = (i / width, i % width);
            (Top, Left) = (Math.Min(Top, row), Math.Min(Left, column));
            (bottom, right) = (Math.Max(bottom, row), Math.Max(right, column));
        }

        (BoxHeight, BoxWidth) = bottom < 0 ? (0, 0) : (bottom - Top + 1, right - Left + 1);
    }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Φ⁻¹(m) of each pixel: minus infinity where nobody marks it, infinity where all do.</summary>
    public double[] Values { get; }

    /// <summary>First row of the box.</summary>
    public int Top { get; }

    /// <summary>First column of the box.</summary>
    public int Left { get; }

    /// <summary>Rows of the box; 0 where raters differ nowhere.</summary>
    public int BoxHeight { get; }

    /// <summary>Columns of the box.</summary>
    public int BoxWidth { get; }

    /// <summary>Marks the pixels whose latent number √ρ·z + √(1 − ρ)·g lies below the threshold.</summary>
    /// <param name="tendency">z, the number of the whole mask.</param>
    /// <param name="field">g over the box, row by row; empty if ρ is 1.</param>
    /// <param name="correlation">ρ.</param>
    /// <param name="mask">Receives 0 or 1 for each pixel of the map.</param>
    public void Mark(double tendency, ReadOnlySpan<float> field, double correlation, Span<byte> mask)
    {
        double common = Math.Sqrt(correlation) * tendency, own = Math.Sqrt(1 - correlation);
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = double.IsPositiveInfinity(Values[i]) ? (byte)1 : (byte)0;
        }

        for (int row = 0; row < BoxHeight; row++)
        {
            for (int column = 0; column < BoxWidth; column++)
            {
                int pixel = ((Top + row) * Width) + Left + column;
                double latent = own == 0 ? common : common + (own * field[(row * BoxWidth) + column]);
                mask[pixel] = latent < Values[pixel] ? (byte)1 : (byte)0;
            }
        }
    }

    /// <summary>Φ⁻¹ by bisection: the number x with Φ(x) = share, for a share between 0 and 1.</summary>
    internal static double Quantile(double share)
    {
        (double below, double above) = (-9, 9);
        for (double middle = 0; middle > below && middle < above; middle = (below + above) / 2)
        {
            (below, above) = RankedProbability.Cumulative(middle) < share ? (middle, above) : (below, middle);
        }

        return above;
    }
}
