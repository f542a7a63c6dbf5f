
namespace Consensus.ML.Studies.Statistics;

/// <summary>Holm's correction (1979) of several p-values: the chance of any false finding among them stays below the level.</summary>
internal static class HolmCorrection
{
    /// <summary>
    /// Adjusted p-values, in the order given: the k-th smallest of m times m − k + 1, never smaller than the one before, and 1 at most.
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
