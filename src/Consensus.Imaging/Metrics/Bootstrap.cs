using System.Runtime.InteropServices;

namespace Consensus.Imaging.Metrics;

/// <summary>
/// Confidence intervals of a mean over cases by resampling the cases (Efron 1979; the percentile method of Efron and
/// Tibshirani 1993, section 13.3).
/// </summary>
/// <remarks>
/// n of the n values are drawn with replacement, again and again; the interval spans the middle share of the means so found, quantiles
/// interpolated linearly between them (the default of R and NumPy). It says how far the mean would change with other cases of the same
/// kind; with fewer than about ten it is too narrow. Values of one group (slices of one patient, say) are no independent ones: groups are
/// drawn then in place of values, and the mean is that over all values of the groups drawn (the cluster bootstrap, Davison and Hinkley
/// 1997, section 3.8). The draws follow from the seed and n, the number of groups, alone: values of the same cases are resampled alike,
/// so that the interval of a mean difference between two methods (the values being the differences case by case) is a paired one.
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
    public static ConfidenceInterval OfMean(
        IEnumerable<double> values,
        double confidence = DefaultConfidence,
        int resamples = DefaultResamples,
        int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(values);
        return OfGroups([.. values.Where(value => !double.IsNaN(value)).Select(value => (value, 1))], confidence, resamples, seed);
    }

    /// <summary>The interval of the mean of <paramref name="values"/> that are not independent within their groups.</summary>
    /// <param name="values">One value a case; NaN is left out.</param>
    /// <param name="groups">The group of each value, as many as there are values.</param>
    /// <param name="confidence">The share of the resampled means that it covers, above 0 and below 1.</param>
    /// <param name="resamples">How often the groups are drawn; at least 0, where 0 gives no interval.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>
    /// The interval, where each value is a group of its own that of <see cref="OfMean(IEnumerable{double}, double, int, int)"/>;
    /// <see cref="ConfidenceInterval.None"/> where no value remains, and where several values are all of one group, which do not
    /// tell how groups differ.
    /// </returns>
    /// <exception cref="ArgumentException">There are more or fewer groups than values.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The confidence or the number of resamples is out of range.</exception>
    public static ConfidenceInterval OfMean(
        IReadOnlyList<double> values,
        IReadOnlyList<string> groups,
        double confidence = DefaultConfidence,
        int resamples = DefaultResamples,
        int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.Count != values.Count)
        {
            throw new ArgumentException($"There are {groups.Count} groups for {values.Count} values.", nameof(groups));
        }

        // In the order of their first values, so that groups of one value are drawn as values are.
        var sums = new List<(double Sum, int Count)>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < values.Count; i++)
        {
            if (double.IsNaN(values[i]))
            {
                continue;
            }

            if (places.TryAdd(groups[i], sums.Count))
            {
                sums.Add((values[i], 1));
            }
            else
            {
                ref (double Sum, int Count) group = ref CollectionsMarshal.AsSpan(sums)[places[groups[i]]];
                group = (group.Sum + values[i], group.Count + 1);
            }
        }

        return OfGroups([.. sums], confidence, resamples, seed);
    }

    private static ConfidenceInterval OfGroups((double Sum, int Count)[] groups, double confidence, int resamples, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(resamples);
        if (!(confidence > 0 && confidence < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "A confidence lies above 0 and below 1.");
        }

        if (groups is [] or [{ Count: > 1 }] || resamples == 0)
        {
            return ConfidenceInterval.None;
        }

        var random = new Random(seed);
        var means = new double[resamples];
        for (int i = 0; i < means.Length; i++)
        {
            double sum = 0;
            int count = 0;
            for (int draw = 0; draw < groups.Length; draw++)
            {
                (double Sum, int Count) group = groups[random.Next(groups.Length)];
                sum += group.Sum;
                count += group.Count;
            }

            means[i] = sum / count;
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
