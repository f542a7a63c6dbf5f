namespace Consensus.Imaging.Metrics;

/// <summary>
/// The exact distance of every pixel to the nearest target pixel (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012). Pixels need
/// not be square.
/// </summary>
internal static class DistanceTransform
{
    /// <summary>Squared Euclidean distances between the centres of pixels.</summary>
    /// <param name="targets">height × width values, row by row: whether the pixel is a target.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    /// <param name="spacingRows">Distance between two rows.</param>
    /// <param name="spacingColumns">Distance between two columns.</param>
    /// <returns>height × width values. They are 0 at the targets, and positive infinity everywhere if there is no target.</returns>
    public static double[] Squared(bool[] targets, int height, int width, double spacingRows, double spacingColumns)
    {
        var distances = new double[targets.Length];
        for (int row = 0; row < height; row++)
        {
            AlongRow(targets.AsSpan(row * width, width), distances.AsSpan(row * width, width), spacingColumns);
        }

        var envelope = new Envelope(height);
        var column = new double[height];
        for (int at = 0; at < width; at++)
        {
            for (int row = 0; row < height; row++)
            {
                column[row] = distances[(row * width) + at];
            }

            envelope.Fit(column, spacingRows);
            for (int row = 0; row < height; row++)
            {
                distances[(row * width) + at] = envelope.Lowest(column, row, spacingRows);
            }
        }

        return distances;
    }

    /// <summary>Distances within one row. The nearest target lies to the left or to the right.</summary>
    private static void AlongRow(ReadOnlySpan<bool> targets, Span<double> squared, double spacing)
    {
        int last = -1;
        for (int i = 0; i < targets.Length; i++)
        {
            last = targets[i] ? i : last;
            squared[i] = last < 0 ? double.PositiveInfinity : Square((i - last) * spacing);
        }

        last = -1;
        for (int i = targets.Length - 1; i >= 0; i--)
        {
            last = targets[i] ? i : last;
            squared[i] = last < 0 ? squared[i] : Math.Min(squared[i], Square((last - i) * spacing));
        }
    }

    private static double Square(double value) => value * value;

    /// <summary>
    /// The lower envelope of parabolas. Each pixel of a column has a parabola; the height of its vertex is the squared distance within the
    /// pixel's row.
    /// </summary>
    private sealed class Envelope(int length)
    {
        private readonly int[] _feet = new int[length];

        // Parabola i is the lowest one from _starts[i] (in pixels) to the start of the next.
        private readonly double[] _starts = new double[length];
        private int _count;
        private int _current;

        public void Fit(double[] heights, double spacing)
        {
            (_count, _current) = (0, 0);
            double scale = spacing * spacing;
            for (int foot = 0; foot < heights.Length; foot++)
            {
                if (double.IsPositiveInfinity(heights[foot]))
                {
                    continue;
                }

                double start = double.NegativeInfinity;
                while (_count > 0)
                {
                    int other = _feet[_count - 1];
                    start = (((heights[foot] - heights[other]) / scale) + ((double)foot * foot) - ((double)other * other))
                        / (2.0 * (foot - other));
                    if (start > _starts[_count - 1])
                    {
                        break;
                    }

                    _count--;
                    start = double.NegativeInfinity;
                }

                (_feet[_count], _starts[_count]) = (foot, start);
                _count++;
            }
        }

        /// <summary>The height of the envelope at a pixel. Ask for the pixels in ascending order.</summary>
        public double Lowest(double[] heights, int at, double spacing)
        {
            if (_count == 0)
            {
                return double.PositiveInfinity;
            }

            while (_current + 1 < _count && _starts[_current + 1] < at)
            {
                _current++;
            }

            int foot = _feet[_current];
            return heights[foot] + Square((at - foot) * spacing);
        }
    }
}
