namespace Consensus.Imaging.Metrics;

/// <summary>
/// Measures whether a predicted soft map is calibrated. If it predicts a share of 0.3 at some pixels, then three of ten raters should have
/// marked these pixels.
/// </summary>
/// <remarks>
/// All pixels count. Most pixels are background that every map predicts correctly. So the values are small, and they depend on the share
/// of background in the slice. Compare them only on the same data.
/// </remarks>
internal static class Calibration
{
    /// <summary>The default number of bins of <see cref="ExpectedError"/>.</summary>
    public const int DefaultBins = 10;

    /// <summary>
    /// Expected calibration error: <c>Σ_b |B_b| / n · |mean prediction in B_b − mean truth in B_b|</c> over B bins of equal width. The bin
    /// B_b holds the pixels whose prediction lies in ((b − 1)/B, b/B]; predictions of 0 belong to the first bin. Source: Naeini et al.,
    /// AAAI 2015; Guo et al., ICML 2017, equation 3. There, the prediction is the probability of the more likely class; here, it is the
    /// predicted share.
    /// </summary>
    /// <remarks>
    /// The edges of the bins are rounded to single precision. So 0.3f lies in the third of ten bins, although it is a little larger than
    /// 0.3.
    /// </remarks>
    /// <param name="prediction">
    /// Predicted soft map, one value per pixel, in [0, 1]. Values that lie outside this range because of rounding belong to the nearest
    /// bin.
    /// </param>
    /// <param name="truth">Share of raters at each pixel, in the same order.</param>
    /// <param name="bins">Number of bins, at least 1.</param>
    /// <returns>Between 0 and 1; lower is better. NaN if there are no pixels, or if a value is NaN.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of bins is below 1.</exception>
    public static double ExpectedError(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth, int bins = DefaultBins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        Overlap.RequireEqualLengths(prediction, truth);

        // A bin's weight is its number of pixels, and its two means are divided by the same number. So the sum of the differences is
        // enough.
        var differences = new double[bins];
        for (int i = 0; i < prediction.Length; i++)
        {
            if (float.IsNaN(prediction[i]))
            {
                return double.NaN;
            }

            int bin = (int)Math.Clamp(MathF.Ceiling(prediction[i] * bins) - 1, 0, bins - 1);
            differences[bin] += (double)prediction[i] - truth[i];
        }

        return prediction.IsEmpty ? double.NaN : differences.Sum(Math.Abs) / prediction.Length;
    }

    /// <summary>
    /// <see cref="ExpectedError"/> against the mask of each rater in place of the share of raters. The CURVAS challenges report it for each
    /// rater (Riera-Marín et al. 2025, arXiv 2505.08685), there of the more likely class and with 50 bins.
    /// </summary>
    /// <remarks>
    /// Its mean over raters is at least the error against the share of raters, because errors of different raters do not cancel.
    /// </remarks>
    /// <param name="prediction">Predicted soft map, one value per pixel, in [0, 1].</param>
    /// <param name="masks">One mask per rater, of the same size.</param>
    /// <param name="bins">Number of bins, at least 1.</param>
    /// <returns>One value in [0, 1] for each rater, in their order; lower is better.</returns>
    /// <exception cref="ArgumentException">The map and the masks have different sizes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of bins is below 1.</exception>
    public static double[] ExpectedErrors(ReadOnlySpan<float> prediction, RaterMasks masks, int bins = DefaultBins)
    {
        var errors = new double[masks.Raters];
        var marks = new float[masks.Height * masks.Width];
        for (int rater = 0; rater < errors.Length; rater++)
        {
            ReadOnlySpan<byte> mask = masks.Rater(rater);
            for (int i = 0; i < marks.Length; i++)
            {
                marks[i] = mask[i];
            }

            errors[rater] = ExpectedError(prediction, marks, bins);
        }

        return errors;
    }

    /// <summary>
    /// Adaptive calibration error (Nixon et al., "Measuring Calibration in Deep Learning", CVPR workshops 2019): as
    /// <see cref="ExpectedError"/>, but each bin holds the same number of pixels. The n pixels are sorted by their prediction, and the bin
    /// b of B holds those at the places from ⌊(b − 1)·n/B⌋ to before ⌊b·n/B⌋. The value is <c>Σ_b |B_b| / n · |mean prediction in B_b −
    /// mean truth in B_b|</c>.
    /// </summary>
    /// <remarks>
    /// Pixels of one prediction may fall into several bins, where their order would decide. Each of them counts with their mean truth, so
    /// the value does not depend on the order of pixels. In the source, the prediction is the probability of each class; here, it is the
    /// share of raters, and background has no bins of its own.
    /// </remarks>
    /// <param name="prediction">Predicted soft map, one value per pixel, in [0, 1].</param>
    /// <param name="truth">Share of raters at each pixel, in the same order.</param>
    /// <param name="bins">Number of bins, at least 1.</param>
    /// <returns>Between 0 and 1; lower is better. NaN if there are no pixels, or if a value is NaN.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of bins is below 1.</exception>
    public static double AdaptiveError(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth, int bins = DefaultBins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        Overlap.RequireEqualLengths(prediction, truth);
        if (prediction.IsEmpty || prediction.IndexOf(float.NaN) >= 0)
        {
            return double.NaN;
        }

        float[] sorted = prediction.ToArray(), shares = truth.ToArray();
        Array.Sort(sorted, shares);
        var differences = new double[bins];
        for (int first = 0, bin = 0; first < sorted.Length;)
        {
            int end = first;
            double sum = 0;
            for (; end < sorted.Length && sorted[end] == sorted[first]; end++)
            {
                sum += shares[end];
            }

            double difference = sorted[first] - (sum / (end - first));
            for (; first < end; first++)
            {
                while (first >= (long)(bin + 1) * sorted.Length / bins)
                {
                    bin++;
                }

                differences[bin] += difference;
            }
        }

        return differences.Sum(Math.Abs) / sorted.Length;
    }

    /// <summary>
    /// Brier score (Monthly Weather Review 78, 1950) for the event "marked": the mean of <c>(p − a)²</c> over raters and pixels. Here p is
    /// the prediction, and a is 1 if the rater marked the pixel, else 0. With y for the share of raters, this equals the mean of <c>(p −
    /// y)² + y(1 − y)</c> over pixels. No map can avoid the second part (<see cref="UnavoidableBrierScore"/>).
    /// </summary>
    /// <param name="prediction">Predicted soft map, one value per pixel, in [0, 1].</param>
    /// <param name="truth">Share of raters at each pixel, in the same order, in [0, 1].</param>
    /// <returns>Between 0 and 1; lower is better. NaN if there are no pixels.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    public static double BrierScore(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth)
    {
        Overlap.RequireEqualLengths(prediction, truth);
        double sum = 0;
        for (int i = 0; i < prediction.Length; i++)
        {
            double share = truth[i], difference = prediction[i] - share;
            sum += (difference * difference) + (share * (1 - share));
        }

        return sum / prediction.Length;
    }

    /// <summary>
    /// The Brier score of the raters' own soft map, which is the smallest score that a map can have. It is the mean of <c>y(1 − y)</c>
    /// over pixels, where y is the share of raters, and measures the raters' disagreement.
    /// </summary>
    /// <param name="truth">Share of raters at each pixel, in [0, 1].</param>
    /// <returns>Between 0 and 0.25. NaN if there are no pixels.</returns>
    public static double UnavoidableBrierScore(ReadOnlySpan<float> truth) => BrierScore(truth, truth);

    /// <summary>
    /// Measures whether a map is uncertain at the pixels where it is wrong. It is Spearman's rank correlation between the uncertainty and
    /// <c>|prediction − truth|</c> over the pixels. Equal values share their mean rank.
    /// </summary>
    /// <remarks>
    /// Ranks are used because uncertainty and error have different units and need not be proportional. A few very wrong pixels would
    /// dominate Pearson's correlation. The many background pixels that are certain and correct share one rank.
    /// </remarks>
    /// <param name="uncertainty">One value per pixel, such as the standard deviation over generations.</param>
    /// <param name="prediction">Predicted soft map, in the same order.</param>
    /// <param name="truth">Share of raters at each pixel, in the same order.</param>
    /// <returns>
    /// Between −1 and 1; higher is better. NaN if the uncertainty or the error is the same at all pixels, or if a value is NaN.
    /// </returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    public static double UncertaintyErrorCorrelation(
        ReadOnlySpan<float> uncertainty,
        ReadOnlySpan<float> prediction,
        ReadOnlySpan<float> truth)
    {
        Overlap.RequireEqualLengths(prediction, truth);
        if (uncertainty.Length != prediction.Length)
        {
            throw new ArgumentException(
                $"The predicted map has {prediction.Length} pixels and its uncertainty {uncertainty.Length}; they must be of one size.");
        }

        var errors = new float[prediction.Length];
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = MathF.Abs(prediction[i] - truth[i]);
        }

        return RankCorrelation.Spearman(uncertainty, errors);
    }
}
