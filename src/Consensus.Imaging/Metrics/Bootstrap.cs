using System.Runtime.InteropServices;

namespace Consensus.Imaging.Metrics;

/// <summary>
/// Computes confidence intervals of a mean over cases by resampling the cases (Efron 1979; the percentile method of Efron and Tibshirani
/// 1993, section 13.3).
/// </summary>
/// <remarks>
/// From n values, n are drawn with replacement, and their mean is taken. This is repeated many times. The interval covers the middle share
/// of these means. Its ends are quantiles with linear interpolation (the default of R and NumPy). The interval says how much the mean
/// would change with other cases of the same kind. With fewer than about ten cases it is too narrow. Values of the same group, such as
/// slices of one patient, are not independent. Then groups are drawn instead of values, and the mean is taken over all values of the drawn
/// groups (the cluster bootstrap, Davison and Hinkley 1997, section 3.8). The draws depend only on the seed and on n, the number of
/// groups. So two sets of values for the same cases are resampled alike. If the values are differences between two methods, case by case,
/// the interval is a paired interval.
/// </remarks>
public static class Bootstrap
{
    /// <summary>The default number of resamples.</summary>
    public const int DefaultResamples = 2000;

    /// <summary>The default share of the resampled means that an interval covers.</summary>
    public const double DefaultConfidence = 0.95;

    /// <summary>The interval of the mean of <paramref name="values"/>.</summary>
    /// <param name="values">One value per case. NaN is left out.</param>
    /// <param name="confidence">The share of the resampled means that the interval covers, above 0 and below 1.</param>
    /// <param name="resamples">Number of resamples, at least 0. With 0 there is no interval.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>
    /// The interval. For one value, both ends are this value. <see cref="ConfidenceInterval.None"/> if no value remains.
    /// </returns>
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

    /// <summary>The interval of the mean of <paramref name="values"/>, if values of the same group are not independent.</summary>
    /// <param name="values">One value per case. NaN is left out.</param>
    /// <param name="groups">The group of each value. There are as many groups as values.</param>
    /// <param name="confidence">The share of the resampled means that the interval covers, above 0 and below 1.</param>
    /// <param name="resamples">Number of resamples of the groups, at least 0. With 0 there is no interval.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>
    /// The interval. If each value has its own group, it equals the interval of
    /// <see cref="OfMean(IEnumerable{double}, double, int, int)"/>. <see cref="ConfidenceInterval.None"/> if no value remains, and if
    /// several values all belong to one group, because then it is unknown how groups differ.
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

        // Groups are in the order of their first values. So if every group has one value, the draws are the same as for values without
        // groups.
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
