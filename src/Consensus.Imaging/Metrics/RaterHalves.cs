namespace Consensus.Imaging.Metrics;

/// <summary>The ways to divide raters into two halves.</summary>
internal static class RaterHalves
{
    /// <summary>
    /// The first half of each division, as one flag for each rater; the other raters are the second half. With an odd number of raters,
    /// the first half is the smaller one.
    /// </summary>
    /// <param name="raters">Number of raters. For one rater there is no division.</param>
    /// <param name="most">If there are more divisions than this, so many are drawn at random; a division may then occur twice.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static bool[][] Divide(int raters, int most, int seed)
    {
        if (raters < 2)
        {
            return [];
        }

        // The halves of an even number are equal in size: the last rater is always in the second, so that no division occurs twice.
        int half = raters / 2, free = raters % 2 == 0 ? raters - 1 : raters;
        return Count(free, half, most) <= most ? [.. All(raters, free, half)] : Drawn(raters, half, most, seed);
    }

    /// <summary>The number of ways to choose some of several raters; any larger number where it is above <paramref name="most"/>.</summary>
    private static long Count(int raters, int chosen, int most)
    {
        long count = 1;
        for (int i = 1; i <= chosen && count <= most; i++)
        {
            count = count * (raters - chosen + i) / i;
        }

        return count;
    }

    private static IEnumerable<bool[]> All(int raters, int free, int half)
    {
        int[] chosen = [.. Enumerable.Range(0, half)];
        while (true)
        {
            yield return Flags(raters, chosen);
            int last = half - 1;
            while (last >= 0 && chosen[last] == free - half + last)
            {
                last--;
            }

            if (last < 0)
            {
                yield break;
            }

            chosen[last]++;
            for (int i = last + 1; i < half; i++)
            {
                chosen[i] = chosen[i - 1] + 1;
            }
        }
    }

    private static bool[][] Drawn(int raters, int half, int count, int seed)
    {
        var random = new Random(seed);
        int[] order = [.. Enumerable.Range(0, raters)];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            random.Shuffle(order);
            return Flags(raters, order.AsSpan(0, half));
        })];
    }

    private static bool[] Flags(int raters, ReadOnlySpan<int> chosen)
    {
        var flags = new bool[raters];
        foreach (int rater in chosen)
        {
            flags[rater] = true;
        }

        return flags;
    }
}
