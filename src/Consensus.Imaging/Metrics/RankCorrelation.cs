namespace Consensus.Imaging.Metrics;

/// <summary>Correlations: Spearman's of the ranks, and Pearson's of the values.</summary>
internal static class RankCorrelation
{
    /// <summary>Pearson's correlation of the ranks; equal values (<see cref="Ties"/>) share the mean of their ranks.</summary>
    /// <returns>Between −1 and 1. NaN if one of the two is constant or holds a NaN, and if there are no values.</returns>
    public static double Spearman(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        if (first.IndexOf(float.NaN) >= 0 || second.IndexOf(float.NaN) >= 0)
        {
            return double.NaN;
        }

        return Pearson(Ranks(first), Ranks(second));
    }

    /// <summary>Pearson's correlation.</summary>
    /// <returns>Between −1 and 1. NaN if one of the two is constant, and if there are no values.</returns>
    public static double Pearson(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        double meanOne = Mean(first), meanOther = Mean(second), both = 0, squaresOne = 0, squaresOther = 0;
        for (int i = 0; i < first.Length; i++)
        {
            double a = first[i] - meanOne, b = second[i] - meanOther;
            both += a * b;
            squaresOne += a * a;
            squaresOther += b * b;
        }

        return squaresOne > 0 && squaresOther > 0 ? Math.Clamp(both / Math.Sqrt(squaresOne * squaresOther), -1, 1) : double.NaN;
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    /// <summary>Ranks from 1.</summary>
    private static double[] Ranks(ReadOnlySpan<float> values)
    {
        float[] sorted = values.ToArray();
        int[] places = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, places);
        var ranks = new double[sorted.Length];
        for (int first = 0; first < sorted.Length;)
        {
            int end = Ties.End(sorted, first);
            for (int i = first; i < end; i++)
            {
                ranks[places[i]] = (first + 1 + end) / 2.0;
            }

            first = end;
        }

        return ranks;
    }
}
