namespace Consensus.Imaging.Metrics;

/// <summary>
/// The continuous ranked probability score (CRPS) of one number x, such as a predicted area, and the distribution of several numbers, such
/// as the raters' areas: <c>∫ (F(y) − 1{y ≥ x})² dy</c>, where F is the distribution function (Matheson and Winkler, Management Science 22,
/// 1976). Its unit is that of the numbers; lower is better.
/// </summary>
internal static class RankedProbability
{
    /// <summary>
    /// F is the step function of the numbers: the share of them that is at most y. Then the score equals
    /// <c>mean |a − x| − ½ mean |a − a′|</c>, where a and a′ run over all numbers, a pair of a number with itself included.
    /// </summary>
    /// <param name="values">The numbers, at least one.</param>
    /// <param name="predicted">The number x.</param>
    /// <returns>At least 0.</returns>
    public static double OfSteps(IReadOnlyList<double> values, double predicted)
    {
        double apart = values.Average(value => values.Average(other => Math.Abs(value - other)));
        return Math.Max(0, values.Average(value => Math.Abs(value - predicted)) - (apart / 2));
    }

    /// <summary>
    /// F is the normal distribution with the mean μ and the standard deviation σ of the numbers (divided by their count, not by one less),
    /// as in the CURVAS challenges (Riera-Marín et al. 2025, arXiv 2505.08685).
    /// </summary>
    /// <remarks>
    /// Over the whole line, the score is <c>σ·(z·(2Φ(z) − 1) + 2φ(z) − 1/√π)</c> with z = (x − μ)/σ, and |x − μ| where σ is 0. The code of
    /// the challenges integrates from μ − 3σ to μ + 3σ alone. So its value stops growing where x lies further off, and is 0 where σ is 0.
    /// It also replaces Φ by 99 straight lines between its 1st and its 99th percentile, which changes the value by less than 0.01·σ.
    /// </remarks>
    /// <param name="values">The numbers, at least one.</param>
    /// <param name="predicted">The number x.</param>
    /// <param name="deviations">
    /// How far from μ the integral goes, in units of σ, above 0: 3 as in the challenges' code, or infinity for the whole line.
    /// </param>
    /// <returns>At least 0.</returns>
    public static double OfNormal(IReadOnlyList<double> values, double predicted, double deviations = double.PositiveInfinity)
    {
        double mean = values.Average(), spread = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        if (spread == 0)
        {
            return double.IsInfinity(deviations) ? Math.Abs(predicted - mean) : 0;
        }

        double z = (predicted - mean) / spread;
        if (double.IsInfinity(deviations))
        {
            return Math.Max(0, spread * ((z * ((2 * Cumulative(z)) - 1)) + (2 * Density(z)) - (1 / Math.Sqrt(Math.PI))));
        }

        // The step lies inside the limits, or counts as at the nearer one. (1 − Φ(y))² at y equals Φ² at −y.
        double step = Math.Clamp(z, -deviations, deviations);
        return Math.Max(0, spread * (Squared(step) - (2 * Squared(-deviations)) + Squared(-step)));
    }

    /// <summary>The distribution function Φ of the normal distribution with the mean 0 and the standard deviation 1.</summary>
    /// <remarks>Marsaglia, Journal of Statistical Software 11(4), 2004: a series whose terms are all of one sign.</remarks>
    internal static double Cumulative(double z)
    {
        if (!(Math.Abs(z) <= 9))
        {
            return z < 0 ? 0 : z > 0 ? 1 : double.NaN;
        }

        double sum = z, before = double.NaN, term = z;
        for (int next = 3; sum != before; next += 2)
        {
            before = sum;
            term *= z * z / next;
            sum += term;
        }

        return 0.5 + (sum * Density(z));
    }

    private static double Density(double z) => Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>The integral of Φ² from minus infinity to z.</summary>
    private static double Squared(double z)
    {
        double cumulative = Cumulative(z);
        return (z * cumulative * cumulative) + (2 * Density(z) * cumulative) - (Cumulative(Math.Sqrt(2) * z) / Math.Sqrt(Math.PI));
    }
}
