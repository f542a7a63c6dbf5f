namespace Consensus.Imaging.Metrics;

/// <summary>
/// How well a soft map knows where it is wrong. Pixels are taken in the order of their confidence, the most confident first. Coverage is
/// the share of the pixels taken so far, and the selective risk is their mean error. A map that is unsure where it is wrong has a small
/// area under the curve of the risk over the coverage.
/// </summary>
/// <remarks>
/// The confidence of a pixel is <c>max(p, 1 − p)</c>, where p is the predicted share. Its error is the share of raters whose mark differs
/// from the rounded map: <c>1 − y</c> where p is above one half, <c>y</c> elsewhere, where y is the share of raters. With one rater, it is
/// the usual error of 0 or 1. The area is the mean over the n coverages of the selective risk (Geifman, Uziel and El-Yaniv, "Bias-Reduced
/// Uncertainty Estimation for Deep Neural Classifiers", ICLR 2019): <c>1/n · Σ_k (1/k) · Σ_{i ≤ k} error_i</c>. Pixels of equal confidence
/// have no order, so each counts with their mean error: this is the mean over all their orders. Shares are rounded to single precision, so
/// confidences that differ by no more than 2^−22 are equal.
/// </remarks>
/// <param name="Area">The area under the curve (AURC), in [0, 1]; lower is better. NaN without pixels, or if a value is NaN.</param>
/// <param name="Excess">
/// The excess area (E-AURC): the area less that of the best order, which takes the pixels by their errors. In [0, 1]; lower is better.
/// </param>
internal readonly record struct RiskCoverage(double Area, double Excess)
{
    /// <summary>Computes both areas of a map.</summary>
    /// <param name="prediction">Predicted soft map, one value per pixel, in [0, 1].</param>
    /// <param name="truth">Share of raters at each pixel, in the same order, in [0, 1].</param>
    /// <exception cref="ArgumentException">The maps have different lengths.</exception>
    public static RiskCoverage Compute(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth)
    {
        Overlap.RequireEqualLengths(prediction, truth);
        if (prediction.IsEmpty || prediction.IndexOf(float.NaN) >= 0 || truth.IndexOf(float.NaN) >= 0)
        {
            return new(double.NaN, double.NaN);
        }

        float[] doubts = new float[prediction.Length], errors = new float[prediction.Length];
        for (int i = 0; i < errors.Length; i++)
        {
            // The order of 1 − max(p, 1 − p), which keeps its digits where p is small.
            doubts[i] = Math.Min(prediction[i], 1 - prediction[i]);
            errors[i] = prediction[i] > 0.5f ? 1 - truth[i] : truth[i];
        }

        return OfOrder(doubts, errors);
    }

    /// <summary>Computes both areas of errors, at least one, whose order is given.</summary>
    /// <param name="doubts">
    /// A value for each error, the smaller the surer; equal ones have no order (<see cref="Ties"/>). They are sorted.
    /// </param>
    /// <param name="errors">The errors, which are put into the same order.</param>
    public static RiskCoverage OfOrder(float[] doubts, float[] errors)
    {
        float[] ideal = [.. errors];
        Array.Sort(doubts, errors);
        double area = Mean(doubts, errors);
        Array.Sort(ideal);
        return new(area, Math.Max(0, area - Mean(ideal, ideal)));
    }

    /// <summary>The mean selective risk.</summary>
    /// <param name="order">Ascending values; equal ones (<see cref="Ties"/>) mark pixels without an order.</param>
    /// <param name="errors">The error of each pixel, in the same order.</param>
    private static double Mean(float[] order, float[] errors)
    {
        double risks = 0, sum = 0;
        for (int first = 0; first < order.Length;)
        {
            int end = Ties.End(order, first);
            double group = 0;
            for (int tied = first; tied < end; tied++)
            {
                group += errors[tied];
            }

            group /= end - first;
            for (int taken = first; taken < end; taken++)
            {
                sum += group;
                risks += sum / (taken + 1);
            }

            first = end;
        }

        return risks / order.Length;
    }
}
