using System.Numerics;

namespace Consensus.ML.Studies.Statistics;

/// <summary>
/// Paired permutation test (Fisher 1935): if two methods were equally good, each case's difference could as well have the opposite sign.
/// The p-value is the share of all choices of signs whose mean difference is at least as far from zero as the one seen: two-sided, and
/// exact for up to <see cref="MostExact"/> cases. Cases of one group (slices of one patient, say) are no independent ones: all of a group
/// change their signs together, and groups count in place of cases.
/// </summary>
internal static class SignFlipTest
{
    /// <summary>Up to so many cases, all 2^n choices are counted; beyond, <see cref="Draws"/> random ones and the one seen.</summary>
    public const int MostExact = 20;

    /// <summary>Random choices of signs where there are too many to count.</summary>
    public const int Draws = 100_000;

    private const int Seed = 1935;

    // Sums that are equal on paper differ by rounding.
    private const double Rounding = 1e-12;

    /// <summary>The p-value of the differences.</summary>
    /// <param name="differences">One difference a case.</param>
    /// <returns>In (0, 1]; NaN without cases.</returns>
    public static double PValue(IReadOnlyList<double> differences) =>
        differences.Count == 0 ? double.NaN : differences.Count <= MostExact ? Exact([.. differences]) : Sampled([.. differences]);

    /// <summary>The p-value of differences that are not independent within their groups.</summary>
    /// <param name="differences">One difference a case.</param>
    /// <param name="groups">The group of each.</param>
    /// <returns>In (0, 1]; NaN without cases. Where each case is a group of its own, as without groups.</returns>
    public static double PValue(IReadOnlyList<double> differences, IReadOnlyList<string> groups) =>
        PValue([
            .. differences.Zip(groups).GroupBy(pair => pair.Second, StringComparer.Ordinal).Select(group => group.Sum(pair => pair.First)),
        ]);

    /// <summary>The smallest p-value that so many cases, or groups of them, can give: both choices with all signs alike, of 2^n.</summary>
    public static double Smallest(int cases) => Math.Max(Math.Pow(2, 1 - cases), cases <= MostExact ? 0 : 1.0 / (Draws + 1));

    private static double Exact(double[] differences)
    {
        double sum = differences.Sum(), seen = Math.Abs(sum) - Tolerance(differences);
        long choices = 1L << differences.Length, asFar = 0;
        for (long choice = 0; choice < choices; choice++)
        {
            if (choice > 0)
            {
                // Gray code: from one choice to the next a single sign changes.
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
