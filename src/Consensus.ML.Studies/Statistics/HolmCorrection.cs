
namespace Consensus.ML.Studies.Statistics;

/// <summary>Holm's correction (1979) of several p-values: the chance of any false finding stays below the level of significance.</summary>
internal static class HolmCorrection
{
    /// <summary>
    /// The adjusted p-values, in the given order. The k-th smallest of m values is multiplied by m − k + 1; the result is at most 1, and
    /// not smaller than the result for a smaller value.
    /// </summary>
    public static double[] Adjust(IReadOnlyList<double> values)
    {
        var adjusted = new double[values.Count];
        double largest = 0;
        int rank = 0;
        foreach (int i in Enumerable.Range(0, values.Count).OrderBy(i => values[i]))
        {
            largest = Math.Max(largest, Math.Min(1, (values.Count - rank++) * values[i]));
            adjusted[i] = largest;
        }

        return adjusted;
    }
}
