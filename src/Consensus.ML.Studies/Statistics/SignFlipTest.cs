using System.Numerics;

namespace Consensus.ML.Studies.Statistics;

/// <summary>
/// Paired permutation test (Fisher 1935). If two methods were equally good, the difference of each case could as well have the opposite
/// sign. The p-value is the share of all choices of signs whose mean difference is at least as far from zero as the observed difference. It
/// is two-sided, and exact for up to <see cref="MostExact"/> cases. Cases of one group (for example slices of one patient) are not
/// independent: all cases of a group change their signs together, and groups are counted in place of cases.
/// </summary>
internal static class SignFlipTest
{
    /// <summary>
    /// The largest number n of cases for which all 2^n choices of signs are counted. For more cases, <see cref="Draws"/> random choices and
    /// the observed choice are counted.
    /// </summary>
    public const int MostExact = 20;

    /// <summary>The number of random choices of signs, where there are too many choices to count all.</summary>
    public const int Draws = 100_000;

    private const int Seed = 1935;

    // Two sums that are equal in exact arithmetic may differ by rounding.
    private const double Rounding = 1e-12;

    /// <summary>The p-value of the differences.</summary>
    /// <param name="differences">The difference of each case.</param>
    /// <returns>In (0, 1]; NaN without cases.</returns>
    public static double PValue(IReadOnlyList<double> differences) =>
        differences.Count == 0 ? double.NaN : differences.Count <= MostExact ? Exact([.. differences]) : Sampled([.. differences]);

    /// <summary>The p-value of differences that are not independent within their groups.</summary>
    /// <param name="differences">The difference of each case.</param>
    /// <param name="groups">The group of each case.</param>
    /// <returns>In (0, 1]; NaN without cases. Where each case is a group of its own, the result is the same as without groups.</returns>
    public static double PValue(IReadOnlyList<double> differences, IReadOnlyList<string> groups) =>
        PValue([
            .. differences.Zip(groups).GroupBy(pair => pair.Second, StringComparer.Ordinal).Select(group => group.Sum(pair => pair.First)),
        ]);

    /// <summary>The smallest p-value that n cases or groups can give: 2 / 2^n, for the two choices in which all signs are equal.</summary>
    public static double Smallest(int cases) => Math.Max(Math.Pow(2, 1 - cases), cases <= MostExact ? 0 : 1.0 / (Draws + 1));

    private static double Exact(double[] differences)
    {
        double sum = differences.Sum(), seen = Math.Abs(sum) - Tolerance(differences);
        long choices = 1L << differences.Length, asFar = 0;
        for (long choice = 0; choice < choices; choice++)
        {
            if (choice > 0)
            {
                // Gray code: each choice differs from the one before in a single sign.
                int at = BitOperations.TrailingZeroCount(choice);
                bool isFlipped = (((choice ^ (choice >> 1)) >> at) & 1) == 1;
                sum += isFlipped ? -2 * differences[at] : 2 * differences[at];
            }

            asFar += Math.Abs(sum) >= seen ? 1 : 0;
        }

        return asFar / (double)choices;
    }

    private static double Sampled(double[] differences)
    {
        double seen = Math.Abs(differences.Sum()) - Tolerance(differences);
        var random = new Random(Seed);
        int asFar = 1;
        for (int draw = 0; draw < Draws; draw++)
        {
            double sum = 0;
            foreach (double difference in differences)
            {
                sum += random.Next(2) == 0 ? difference : -difference;
            }

            asFar += Math.Abs(sum) >= seen ? 1 : 0;
        }

        return asFar / (Draws + 1.0);
    }

    private static double Tolerance(double[] differences) => Rounding * (1 + differences.Sum(Math.Abs));
}
