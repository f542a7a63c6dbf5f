using System.Globalization;

namespace Consensus.Imaging.Metrics;

/// <summary>
/// Boundary F of two rounded soft maps, averaged over tolerances of 1 to 5 pixels ("FBound"). It is the boundary measure of Perazzi et
/// al., CVPR 2016, without the matching of single pixels.
/// </summary>
/// <remarks>
/// A pixel is on the boundary if it differs from its neighbour to the right, below, or below right. In the last row and column, only the
/// neighbour along the edge counts. So a region that reaches the edge of the image has no boundary there. For a tolerance of w pixels, the
/// precision P is the share of the predicted boundary whose Euclidean distance to the true boundary is at most w. The recall R is the
/// share of the true boundary within w pixels of the predicted boundary. F = 2PR / (P + R). If neither map has a boundary (both are empty
/// or full), F is 1. If only one map has a boundary, F is 0.
/// </remarks>
internal static class BoundaryScore
{
    /// <summary>The largest tolerance of the average, in pixels.</summary>
    public const int LargestTolerance = 5;

    /// <summary>Boundary F averaged over the tolerances 1 to <see cref="LargestTolerance"/> pixels.</summary>
    /// <param name="prediction">Predicted soft map, row by row.</param>
    /// <param name="truth">True soft map, row by row.</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <returns>Between 0 and 1.</returns>
    /// <exception cref="ArgumentException">The number of values of a map is not height × width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is below 1.</exception>
    public static double Mean(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        Overlap.RequireEqualLengths(prediction, truth);
        if (prediction.Length != (long)height * width)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"A map of {height}×{width} has {(long)height * width} pixels, but {prediction.Length} were given."));
        }

        bool[] predicted = Boundary(prediction, height, width), real = Boundary(truth, height, width);
        long[] precision = MatchedWithin(predicted, real, height, width), recall = MatchedWithin(real, predicted, height, width);
        long predictedLength = predicted.LongCount(on => on), realLength = real.LongCount(on => on);
        double sum = 0;
        for (int tolerance = 1; tolerance <= LargestTolerance; tolerance++)
        {
            sum += F(predictedLength, precision[tolerance], realLength, recall[tolerance]);
        }

        return sum / LargestTolerance;
    }

    private static double F(long predicted, long predictedMatched, long real, long realMatched)
    {
        if (predicted == 0 || real == 0)
        {
            return predicted == real ? 1 : 0;
        }

        double precision = (double)predictedMatched / predicted, recall = (double)realMatched / real;
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    private static bool[] Boundary(ReadOnlySpan<float> map, int height, int width)
    {
        var boundary = new bool[map.Length];
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
            {
                int at = (row * width) + column;
                bool inside = map[at] > 0.5f, rightward = column + 1 < width, downward = row + 1 < height;
                boundary[at] = (rightward && map[at + 1] > 0.5f != inside)
                    || (downward && map[at + width] > 0.5f != inside)
                    || (rightward && downward && map[at + width + 1] > 0.5f != inside);
            }
        }

        return boundary;
    }

    /// <summary>
    /// For each tolerance w, the number of pixels of <paramref name="boundary"/> within w pixels of <paramref name="other"/>. The index is
    /// w; index 0 is not used.
    /// </summary>
    private static long[] MatchedWithin(bool[] boundary, bool[] other, int height, int width)
    {
        var matched = new long[LargestTolerance + 1];
        for (int at = 0; at < boundary.Length; at++)
        {
            if (boundary[at])
            {
                int squared = NearestSquaredDistance(other, at / width, at % width, height, width);
                for (int tolerance = 1; tolerance <= LargestTolerance; tolerance++)
                {
                    matched[tolerance] += squared <= tolerance * tolerance ? 1 : 0;
                }
            }
        }

        return matched;
    }

    private static int NearestSquaredDistance(bool[] boundary, int row, int column, int height, int width)
    {
        int nearest = int.MaxValue;
        for (int r = Math.Max(0, row - LargestTolerance); r <= Math.Min(height - 1, row + LargestTolerance); r++)
        {
            for (int c = Math.Max(0, column - LargestTolerance); c <= Math.Min(width - 1, column + LargestTolerance); c++)
            {
                if (boundary[(r * width) + c])
                {
                    nearest = Math.Min(nearest, ((r - row) * (r - row)) + ((c - column) * (c - column)));
                }
            }
        }

        return nearest;
    }
}
