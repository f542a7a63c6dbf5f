namespace Consensus.ML.Studies;

/// <summary>A mean over cases with its 95 % bootstrap interval (<see cref="Bootstrap"/>).</summary>
/// <param name="Mean">The mean; NaN of nothing.</param>
/// <param name="Low">Lower end of the interval; NaN for fewer than two values.</param>
/// <param name="High">Upper end; NaN for fewer than two values.</param>
internal readonly record struct Interval(double Mean, double Low, double High)
{
    /// <summary>How often cases are drawn anew: enough for three digits.</summary>
    public const int Resamples = 10_000;

    /// <summary>The mean of the values that are numbers, and its interval.</summary>
    public static Interval OfMean(IEnumerable<double> values)
    {
        double[] known = [.. values.Where(value => !double.IsNaN(value))];
        if (known.Length < 2)
        {
            return new(known.Length == 0 ? double.NaN : known[0], double.NaN, double.NaN);
        }

        ConfidenceInterval interval = Bootstrap.OfMean(known, resamples: Resamples);
        return new(known.Average(), interval.Lower, interval.Upper);
    }
}
