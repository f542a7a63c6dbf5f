namespace Consensus.Imaging.Metrics;

/// <summary>
/// Scores of two soft maps after rounding: a pixel counts only above one half, so a tie among the raters is background
/// (the majority vote). Pure arithmetic on arrays.
/// </summary>
/// <remarks>
/// F1, IoU and area ratio are 1 when both rounded maps are empty and 0 when just one is.
/// </remarks>
public static class RoundedMaps
{
    /// <summary>F1, the Dice without smoothing: 2·TP / (2·TP + FP + FN).</summary>
    /// <param name="prediction">Predicted soft map, one value a pixel.</param>
    /// <param name="truth">True soft map, in the same order.</param>
    /// <returns>Between 0 and 1.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    public static double F1(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth)
    {
        Overlap overlap = Overlap.Rounded(prediction, truth);
        return Ratio(2 * overlap.Both, overlap.Predicted + overlap.True);
    }

    /// <summary>Intersection over union (Jaccard): TP / (TP + FP + FN).</summary>
    /// <param name="prediction">Predicted soft map, one value a pixel.</param>
    /// <param name="truth">True soft map, in the same order.</param>
    /// <returns>Between 0 and 1.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    public static double IntersectionOverUnion(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth)
    {
        Overlap overlap = Overlap.Rounded(prediction, truth);
        return Ratio(overlap.Both, overlap.Predicted + overlap.True - overlap.Both);
    }

    /// <summary>The smaller area over the larger one, wherever they lie ("WCov" in the published implementation).</summary>
    /// <param name="prediction">Predicted soft map, one value a pixel.</param>
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
