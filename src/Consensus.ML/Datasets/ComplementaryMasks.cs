namespace Consensus.ML.Datasets;

/// <summary>Finds masks of a case that mark what the other raters leave unmarked.</summary>
internal static class ComplementaryMasks
{
    /// <summary>A mask is nearly a rater's complement when its Dice with what that rater left unmarked is above this value.</summary>
    private const double LeastDice = 0.5;

    /// <summary>
    /// Lists the odd masks of a case by their places in the list. The second place is that of a mask that the odd mask complements.
    /// </summary>
    /// <param name="masks">The masks of one case, with 0 or 1 at each pixel.</param>
    public static IEnumerable<(int Odd, int Other)> List(IReadOnlyList<byte[]> masks)
    {
        long[] areas = [.. masks.Select(mask => mask.LongCount(mark => mark != 0))];
        var pairs = new List<(int First, int Second)>();
        for (int first = 0; first < masks.Count; first++)
        {
            for (int second = first + 1; second < masks.Count; second++)
            {
                if (AreComplements(masks[first], areas[first], masks[second], areas[second]))
                {
                    pairs.Add((first, second));
                }
            }
        }

        // The odd mask is in the most pairs. Where a single pair is left, it is the mask that marks more.
        while (pairs.Count > 0)
        {
            int odd = pairs.SelectMany(pair => (int[])[pair.First, pair.Second])
                .GroupBy(place => place).OrderByDescending(group => group.Count()).ThenByDescending(group => areas[group.Key]).First().Key;
            (int first, int second) = pairs.First(pair => pair.First == odd || pair.Second == odd);
            yield return (odd, first == odd ? second : first);
            pairs.RemoveAll(pair => pair.First == odd || pair.Second == odd);
        }
    }

    private static bool AreComplements(byte[] first, long firstArea, byte[] second, long secondArea)
    {
        long size = first.Length, firstRest = size - firstArea, secondRest = size - secondArea;

        // The areas bound the overlap: most pairs need no count of pixels.
        if (second.Length != size || Dice(Math.Min(firstArea, secondRest), firstArea, secondRest) <= LeastDice
            || Dice(Math.Min(firstRest, secondArea), firstRest, secondArea) <= LeastDice)
        {
            return false;
        }

        long both = 0;
        for (int i = 0; i < first.Length; i++)
        {
            both += first[i] & second[i];
        }

        double alike = Dice(both, firstArea, secondArea);
        double firstOnRest = Dice(firstArea - both, firstArea, secondRest), secondOnRest = Dice(secondArea - both, firstRest, secondArea);
        return Math.Min(firstOnRest, secondOnRest) > Math.Max(LeastDice, alike);

        static double Dice(long both, long one, long other) => one + other == 0 ? 0 : 2.0 * both / (one + other);
    }
}
