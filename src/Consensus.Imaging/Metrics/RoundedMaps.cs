namespace Consensus.Imaging.Metrics;

/// <summary>
/// Scores of two soft maps after rounding. Only pixels above one half count, as in a majority vote, so a tie among the raters is
/// background.
/// </summary>
/// <remarks>If both rounded maps are empty, F1, IoU and area ratio are 1. If only one of them is empty, they are 0.</remarks>
internal static class RoundedMaps
{
    /// <summary>F1, the Dice without smoothing: 2·TP / (2·TP + FP + FN).</summary>
    /// <param name="prediction">Predicted soft map, one value per pixel.</param>
    /// <param name="truth">True soft map, in the same order.</param>
    /// <returns>Between 0 and 1.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    public static double F1(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth) => Overlap.Rounded(prediction, truth).F1;

    /// <summary>Intersection over union (Jaccard): TP / (TP + FP + FN).</summary>
    /// <param name="prediction">Predicted soft map, one value per pixel.</param>
    /// <param name="truth">True soft map, in the same order.</param>
    /// <returns>Between 0 and 1.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    public static double IntersectionOverUnion(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth)
    {
        Overlap overlap = Overlap.Rounded(prediction, truth);
        return Ratio(overlap.Both, overlap.Predicted + overlap.True - overlap.Both);
    }

    /// <summary>
    /// The smaller area divided by the larger area, independent of their positions ("WCov" in the published implementation).
    /// </summary>
    /// <param name="prediction">Predicted soft map, one value per pixel.</param>
    /// <param name="truth">True soft map, in the same order.</param>
    /// <returns>Between 0 and 1.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    public static double AreaRatio(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth)
    {
        Overlap overlap = Overlap.Rounded(prediction, truth);
        return Ratio(Math.Min(overlap.Predicted, overlap.True), Math.Max(overlap.Predicted, overlap.True));
    }

    private static double Ratio(long part, long whole) => whole == 0 ? 1 : (double)part / whole;
}
