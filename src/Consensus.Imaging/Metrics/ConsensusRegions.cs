namespace Consensus.Imaging.Metrics;

/// <summary>
/// Scores of a soft map at the pixels where all raters agree: those that every rater marked (the consensus foreground) and those that no
/// rater marked (the consensus background). Pixels where the raters differ do not count. Source: the CURVAS challenge (Riera-Marín et al.
/// 2025, arXiv 2505.08685).
/// </summary>
internal static class ConsensusRegions
{
    /// <summary>
    /// Dice of the rounded map and the consensus foreground over these pixels: <c>2·TP / (2·TP + FP + FN)</c>, with TP and FN in the
    /// foreground and FP in the background.
    /// </summary>
    /// <param name="prediction">Predicted soft map, one value per pixel. Values above one half are marked.</param>
    /// <param name="truth">Share of raters at each pixel, in the same order.</param>
    /// <returns>
    /// Between 0 and 1. 1 if there is no consensus foreground and the map marks nothing in the background. The challenge's code leaves out
    /// cases without consensus foreground.
    /// </returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    public static double Dice(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth)
    {
        Overlap.RequireEqualLengths(prediction, truth);
        long both = 0, sum = 0;
        for (int i = 0; i < prediction.Length; i++)
        {
            bool isForeground = truth[i] >= 1, isMarked = prediction[i] > 0.5f && (isForeground || truth[i] <= 0);
            both += isForeground && isMarked ? 1 : 0;
            sum += (isForeground ? 1 : 0) + (isMarked ? 1 : 0);
        }

        return sum == 0 ? 1 : 2.0 * both / sum;
    }

    /// <summary>
    /// Mean confidence: half of the mean of p over the foreground plus the mean of 1 − p over the background, where p is the predicted map.
    /// </summary>
    /// <param name="prediction">Predicted soft map, one value per pixel, in [0, 1].</param>
    /// <param name="truth">Share of raters at each pixel, in the same order.</param>
    /// <returns>Between 0 and 1; higher is better. NaN if there is no pixel of one of the two kinds.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    public static double Confidence(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth)
    {
        Overlap.RequireEqualLengths(prediction, truth);
        double inside = 0, outside = 0;
        long foreground = 0, background = 0;
        for (int i = 0; i < prediction.Length; i++)
        {
            if (truth[i] >= 1)
            {
                inside += prediction[i];
                foreground++;
            }
            else if (truth[i] <= 0)
            {
                outside += 1 - (double)prediction[i];
                background++;
            }
        }

        return foreground == 0 || background == 0 ? double.NaN : ((inside / foreground) + (outside / background)) / 2;
    }
}
