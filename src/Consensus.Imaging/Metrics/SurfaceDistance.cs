using System.Globalization;

namespace Consensus.Imaging.Metrics;

/// <summary>
/// Distances between the outlines of two rounded soft maps: Hausdorff distance at 95 % and normalised surface Dice. Only pixels above one
/// half count, so a tie is background.
/// </summary>
/// <remarks>
/// The conventions are those of MONAI (<c>monai.metrics</c>, with pixels as surface elements). The outline of a map consists of its pixels
/// that have a neighbour outside the map: above, below, left or right. Everything beyond the edge of the image is outside. So a map that
/// reaches the edge of the image has an outline there. For empty maps, MONAI gives NaN or infinity; the methods here document their own
/// values. Distances are measured between the centres of pixels, with the exact Euclidean distance transform (Felzenszwalb and
/// Huttenlocher 2012). DeepMind's surface-distance library draws the outline between pixels and weights its pieces by their length. Its
/// values differ by fractions of a pixel.
/// </remarks>
public static class SurfaceDistance
{
    // Rounding may make a distance that equals the tolerance larger by this amount.
    private const double Slack = 1e-9;

    /// <summary>
    /// Hausdorff distance at 95 % (HD95). For each outline pixel of one map, the distance to the nearest outline pixel of the other map is
    /// measured. The 95th percentile of these distances is taken, with linear interpolation. The result is the larger value of both
    /// directions (Huttenlocher et al. 1993, with a percentile instead of the maximum).
    /// </summary>
    /// <param name="prediction">Predicted soft map, row by row.</param>
    /// <param name="truth">True soft map, row by row.</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <param name="spacingRows">Distance between two rows, above 0; 1 for distances in pixels.</param>
    /// <param name="spacingColumns">Distance between two columns, above 0; 1 for distances in pixels.</param>
    /// <returns>
    /// At least 0, in the unit of the spacing; lower is better. 0 if both maps are empty. NaN if only one map is empty, because then there
    /// is no distance.
    /// </returns>
    /// <exception cref="ArgumentException">The number of values of a map is not height × width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is below 1, or a spacing is not above 0.</exception>
    public static double Hausdorff95(
        ReadOnlySpan<float> prediction,
        ReadOnlySpan<float> truth,
        int height,
        int width,
        double spacingRows = 1,
        double spacingColumns = 1) =>
        OutlineDistances.Between(prediction, truth, height, width, spacingRows, spacingColumns).Hausdorff(0.95);

    /// <summary>
    /// Normalised surface Dice (Nikolov et al., Journal of Medical Internet Research 23, 2021; "surface DSC"): the share of the outline
    /// pixels of both maps whose distance to the other outline is at most the tolerance.
    /// </summary>
    /// <param name="prediction">Predicted soft map, row by row.</param>
    /// <param name="truth">True soft map, row by row.</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <param name="tolerance">
    /// The largest accepted distance between two outlines, at least 0, in the unit of the spacing. A distance that equals the tolerance is
    /// accepted.
    /// </param>
    /// <param name="spacingRows">Distance between two rows, above 0; 1 for a tolerance in pixels.</param>
    /// <param name="spacingColumns">Distance between two columns, above 0; 1 for a tolerance in pixels.</param>
    /// <returns>Between 0 and 1; higher is better. 1 if both maps are empty; 0 if only one is empty.</returns>
    /// <exception cref="ArgumentException">The number of values of a map is not height × width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A dimension is below 1, a spacing is not above 0, or the tolerance is negative or NaN.
    /// </exception>
    public static double NormalizedDice(
        ReadOnlySpan<float> prediction,
        ReadOnlySpan<float> truth,
        int height,
        int width,
        double tolerance,
        double spacingRows = 1,
        double spacingColumns = 1) =>
        OutlineDistances.Between(prediction, truth, height, width, spacingRows, spacingColumns).Within(tolerance);

    /// <summary>The distances from each outline pixel to the outline of the other map.</summary>
    /// <param name="FromPrediction">
    /// One distance for each pixel of the predicted outline, sorted. Infinite if there is no true outline.
    /// </param>
    /// <param name="FromTruth">One distance for each pixel of the true outline, sorted. Infinite if there is no predicted outline.</param>
    internal sealed record OutlineDistances(double[] FromPrediction, double[] FromTruth)
    {
        public static OutlineDistances Between(
            ReadOnlySpan<float> prediction,
            ReadOnlySpan<float> truth,
            int height,
            int width,
            double spacingRows,
            double spacingColumns)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
            ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
            RequirePositive(spacingRows, nameof(spacingRows));
            RequirePositive(spacingColumns, nameof(spacingColumns));
            Overlap.RequireEqualLengths(prediction, truth);
            if (prediction.Length != (long)height * width)
            {
                throw new ArgumentException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"A map of {height}×{width} has {(long)height * width} pixels, but {prediction.Length} were given."));
            }

            bool[] predicted = Outline(prediction, height, width), real = Outline(truth, height, width);
            return new(From(predicted, real), From(real, predicted));

            double[] From(bool[] outline, bool[] other)
            {
                double[] squared = DistanceTransform.Squared(other, height, width, spacingRows, spacingColumns);
                double[] distances = [.. Enumerable.Range(0, outline.Length).Where(at => outline[at]).Select(at => Math.Sqrt(squared[at]))];
                Array.Sort(distances);
                return distances;
            }
        }

        public double Hausdorff(double share) => (FromPrediction.Length, FromTruth.Length) switch
        {
            (0, 0) => 0,
            (0, _) or (_, 0) => double.NaN,
            _ => Math.Max(Bootstrap.Quantile(FromPrediction, share), Bootstrap.Quantile(FromTruth, share)),
        };

        public double Within(double tolerance)
        {
            if (!(tolerance >= 0))
            {
                throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "A tolerance is at least 0.");
            }

            int outline = FromPrediction.Length + FromTruth.Length;
            double limit = tolerance * (1 + Slack);
            return outline == 0
                ? 1
                : (double)(FromPrediction.Count(distance => distance <= limit) + FromTruth.Count(distance => distance <= limit)) / outline;
        }

        private static bool[] Outline(ReadOnlySpan<float> map, int height, int width)
        {
            var outline = new bool[map.Length];
            for (int row = 0; row < height; row++)
            {
                for (int column = 0; column < width; column++)
                {
                    int at = (row * width) + column;
                    outline[at] = map[at] > 0.5f
                        && (row == 0 || row == height - 1 || column == 0 || column == width - 1
                            || !(map[at - 1] > 0.5f && map[at + 1] > 0.5f && map[at - width] > 0.5f && map[at + width] > 0.5f));
                }
            }

            return outline;
        }

        private static void RequirePositive(double spacing, string name)
        {
            if (!(spacing > 0 && double.IsFinite(spacing)))
            {
                throw new ArgumentOutOfRangeException(name, spacing, "A spacing is above 0.");
            }
        }
    }
}
