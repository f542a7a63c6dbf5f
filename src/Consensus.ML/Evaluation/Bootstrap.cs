namespace Consensus.ML;

/// <summary>Confidence intervals of a mean over cases by resampling the cases (Efron 1979; the percentile method of Efron and Tibshirani 1993, section 13.3).</summary>
/// <remarks>
/// n of the n values are drawn with replacement, again and again; the interval spans the middle share of the means so found, quantiles interpolated linearly between
/// them (the default of R and NumPy). It says how far the mean would change with other cases of the same kind; with fewer than about ten it is too narrow.
/// The draws follow from the seed and n alone: values of the same cases are resampled alike, so that the interval of a mean difference between two methods
/// (the values being the differences case by case) is a paired one.
/// </remarks>
public static class Bootstrap
{
    /// <summary>How often values are drawn unless said otherwise.</summary>
    public const int DefaultResamples = 2000;

    /// <summary>The share of the resampled means that an interval covers unless said otherwise.</summary>
    public const double DefaultConfidence = 0.95;

    /// <summary>The interval of the mean of <paramref name="values"/>.</summary>
    /// <param name="values">One value a case; NaN is left out.</param>
    /// <param name="confidence">The share of the resampled means that it covers, above 0 and below 1.</param>
    /// <param name="resamples">How often the values are drawn; at least 0, where 0 gives no interval.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>The interval, a single point for one value; <see cref="ConfidenceInterval.None"/> where no value remains.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The confidence or the number of resamples is out of range.</exception>
    public static ConfidenceInterval OfMean(IEnumerable<double> values, double confidence = DefaultConfidence, int resamples = DefaultResamples, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(resamples);
        if (!(confidence > 0 && confidence < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "A confidence lies above 0 and below 1.");
        }

        double[] known = [.. values.Where(value => !double.IsNaN(value))];
        if (known.Length == 0 || resamples == 0)
        {
            return ConfidenceInterval.None;
        }

        var random = new Random(seed);
        var means = new double[resamples];
        for (int i = 0; i < means.Length; i++)
        {
            double sum = 0;
            for (int draw = 0; draw < known.Length; draw++)
            {
                sum += known[random.Next(known.Length)];
            }

            means[i] = sum / known.Length;
        }

        Array.Sort(means);
        return new(Quantile(means, (1 - confidence) / 2), Quantile(means, (1 + confidence) / 2));
    }

    /// <summary>A quantile of sorted values, interpolated linearly between its two neighbours.</summary>
    internal static double Quantile(ReadOnlySpan<double> sorted, double share)
    {
        double place = (sorted.Length - 1) * share;
        int below = (int)Math.Floor(place), above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }
}
