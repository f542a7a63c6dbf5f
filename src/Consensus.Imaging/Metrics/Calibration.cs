namespace Consensus.Imaging.Metrics;

/// <summary>
/// Whether a predicted soft map can be taken at its word: where it says that three of ten raters mark a pixel, do three of ten?
/// Pure arithmetic on arrays.
/// </summary>
/// <remarks>
/// All pixels count, and most of them are plain background that any map gets right, so that the figures are small and depend on how much
/// of the slice is background: compare them on the same data only.
/// </remarks>
public static class Calibration
{
    /// <summary>How many bins <see cref="ExpectedError"/> has unless said otherwise.</summary>
    public const int DefaultBins = 10;

    /// <summary>
    /// Expected calibration error: <c>Σ_b |B_b| / n · |mean prediction in B_b − mean truth in B_b|</c> over bins of equal width, B_b
    /// being the pixels that are predicted in ((b − 1)/B, b/B], and 0 in the first (Naeini et al., AAAI 2015; Guo et al., ICML 2017,
    /// equation 3, here of the predicted share and not of the likelier of two classes).
    /// </summary>
    /// <remarks>
    /// The edges are compared in single precision, so that 0.3 lies in the third of ten bins though its nearest single is a little larger.
    /// </remarks>
    /// <param name="prediction">
    /// Predicted soft map, one value a pixel, in [0, 1]; what leaves that range by rounding belongs to the nearest bin.
    /// </param>
    /// <param name="truth">Share of raters at each pixel, in the same order.</param>
    /// <param name="bins">Number of bins, at least 1.</param>
    /// <returns>Between 0 and 1, lower is better; NaN for no pixels, or where a value is NaN.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of bins is below 1.</exception>
    public static double ExpectedError(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth, int bins = DefaultBins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        Overlap.RequireEqualLengths(prediction, truth);

        // The pixels of a bin weigh by their number, which the two means divide by: the sum of the differences is all that is needed.
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
    /// Brier score (Monthly Weather Review 78, 1950; here of the event "marked"): the mean over raters and pixels of <c>(p − a)²</c>, a
    /// being 1 where the rater marked the pixel and 0 elsewhere. With the share of raters y it is the mean of <c>(p − y)² + y(1 − y)</c>,
    /// whose second part no map can avoid (<see cref="UnavoidableBrierScore"/>).
    /// </summary>
    /// <param name="prediction">Predicted soft map, one value a pixel, in [0, 1].</param>
    /// <param name="truth">Share of raters at each pixel, in the same order, in [0, 1].</param>
    /// <returns>Between 0 and 1, lower is better; NaN for no pixels.</returns>
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
    /// The Brier score of the raters' own soft map, the least that any map can have: the mean over pixels of <c>y(1 − y)</c>, the
    /// raters' disagreement.
    /// </summary>
    /// <param name="truth">Share of raters at each pixel, in [0, 1].</param>
    /// <returns>Between 0 and 0.25; NaN for no pixels.</returns>
    public static double UnavoidableBrierScore(ReadOnlySpan<float> truth) => BrierScore(truth, truth);

    /// <summary>
    /// Whether a map is unsure where it is wrong: Spearman's rank correlation over the pixels between the uncertainty and
    /// <c>|prediction − truth|</c>, equal values sharing their mean rank.
    /// </summary>
    /// <remarks>
    /// Ranks, because the two have different units and rise together without being proportional; Pearson's correlation would be that of
    /// the few worst pixels. The many background pixels that are sure and right share one rank.
    /// </remarks>
    /// <param name="uncertainty">One value a pixel, such as the standard deviation over generations.</param>
    /// <param name="prediction">Predicted soft map, in the same order.</param>
    /// <param name="truth">Share of raters at each pixel, in the same order.</param>
    /// <returns>
    /// Between −1 and 1, higher is better; NaN where the uncertainty or the error is the same at all pixels, or a value is NaN.
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
