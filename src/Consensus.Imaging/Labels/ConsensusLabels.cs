namespace Consensus.Imaging.Labels;

/// <summary>
/// Combines the masks of several raters (Amit et al., MICCAI 2023, section 3): soft map, consensus levels, and measures of the raters'
/// agreement.
/// </summary>
public static class ConsensusLabels
{
    /// <summary>Keeps the Dice of two empty masks at 1, as in the paper's Table 3.</summary>
    private const double PairwiseSmoothing = 1e-4;

    /// <summary>
    /// The share of raters who marked each pixel. It is the mean of the masks, and also the mean of the consensus levels.
    /// </summary>
    /// <param name="masks">One mask per rater.</param>
    /// <returns>Height × width values in [0, 1], row by row.</returns>
    public static float[] SoftMap(RaterMasks masks)
    {
        byte[] votes = Votes(masks);
        var map = new float[votes.Length];
        float raters = masks.Raters;
        for (int i = 0; i < votes.Length; i++)
        {
            map[i] = votes[i] / raters;
        }

        return map;
    }

    /// <summary>The consensus map of one level: the pixels that at least <paramref name="level"/> raters marked.</summary>
    /// <param name="masks">One mask per rater.</param>
    /// <param name="level">1 (the union, the largest map) to the number of raters (the intersection, the smallest map).</param>
    /// <returns>Height × width values of 0 or 1, row by row.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The level is below 1 or above the number of raters.</exception>
    public static byte[] Level(RaterMasks masks, int level)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, masks.Raters);
        byte[] map = Votes(masks);
        Threshold(map, level, map);
        return map;
    }

    /// <summary>The consensus maps of all levels, from union to intersection.</summary>
    /// <param name="masks">One mask per rater.</param>
    /// <returns>Raters × height × width values of 0 or 1: level 1 first, each row by row.</returns>
    public static byte[] Levels(RaterMasks masks)
    {
        byte[] votes = Votes(masks);
        var maps = new byte[masks.Raters * votes.Length];
        for (int level = 1; level <= masks.Raters; level++)
        {
            Threshold(votes, level, maps.AsSpan((level - 1) * votes.Length, votes.Length));
        }

        return maps;
    }

    /// <summary>
    /// The consensus maps for a number of levels that may differ from the number of raters (<see cref="MissingRaters.Fraction"/>).
    /// </summary>
    /// <param name="masks">One mask per rater.</param>
    /// <param name="count">Number of levels C, at least 1.</param>
    /// <returns>
    /// C × height × width values of 0 or 1: level 1 first, each row by row. Level c holds the pixels that at least the share c/C of the
    /// raters marked. If there are as many levels as raters, these are the levels of the paper.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of levels is below 1.</exception>
    public static byte[] Levels(RaterMasks masks, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        byte[] votes = Votes(masks);
        var maps = new byte[checked(count * votes.Length)];
        for (int level = 1; level <= count; level++)
        {
            Threshold(votes, VotesNeeded(level, count, masks.Raters), maps.AsSpan((level - 1) * votes.Length, votes.Length));
        }

        return maps;
    }

    /// <summary>The pixels that more than half of the raters marked. If exactly half of them marked a pixel, it is background.</summary>
    /// <param name="masks">One mask per rater.</param>
    /// <returns>Height × width values of 0 or 1, row by row.</returns>
    public static byte[] Majority(RaterMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return Level(masks, (masks.Raters / 2) + 1);
    }

    /// <summary>The pixels that any rater marked: the lowest level.</summary>
    /// <param name="masks">One mask per rater.</param>
    /// <returns>Height × width values of 0 or 1, row by row.</returns>
    public static byte[] Union(RaterMasks masks) => Level(masks, 1);

    /// <summary>The pixels that every rater marked: the highest level.</summary>
    /// <param name="masks">One mask per rater.</param>
    /// <returns>Height × width values of 0 or 1, row by row.</returns>
    public static byte[] Intersection(RaterMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return Level(masks, masks.Raters);
    }

    /// <summary>
    /// Mean Dice between raters, over all ordered pairs of different raters: (2·TP + s) / (2·TP + FP + FN + s) with s = 1e-4 (the paper's
    /// Table 3). Two empty masks have the value 1.
    /// </summary>
    /// <param name="masks">Masks of at least two raters.</param>
    /// <returns>A value above 0 and at most 1.</returns>
    /// <exception cref="ArgumentException">There is only one rater.</exception>
    public static double PairwiseDice(RaterMasks masks)
    {
        RequirePair(masks, "The Dice between raters");
        return PairwiseDice(new DecisionPatterns(masks).Overlaps());
    }

    /// <summary>
    /// Fleiss' kappa (Psychological Bulletin 76, 1971) for two categories; the subjects are all pixels of the slice. Kappa is the
    /// agreement beyond chance, divided by the largest possible agreement beyond chance. A larger background makes agreement by chance
    /// more likely. So kappa, unlike Dice, depends on the size of the slice.
    /// </summary>
    /// <param name="masks">Masks of at least two raters.</param>
    /// <returns>
    /// At most 1. It is 0 if the raters agree as often as by chance, and negative if they agree less often. It is 1 if all raters marked
    /// nothing, or if all marked everything.
    /// </returns>
    /// <exception cref="ArgumentException">There is only one rater.</exception>
    public static double FleissKappa(RaterMasks masks)
    {
        RequirePair(masks, "Fleiss' kappa");
        return FleissKappa(new DecisionPatterns(masks));
    }

    /// <summary>
    /// The number of votes that a pixel needs for level c = <paramref name="level"/> of C = <paramref name="count"/> levels, if there are
    /// R = <paramref name="raters"/> raters: the smallest v with v·C ≥ c·R.
    /// </summary>
    internal static int VotesNeeded(int level, int count, int raters) => (int)((((long)level * raters) + count - 1) / count);

    /// <summary>Mean Dice over pairs of raters, from the counts of <see cref="DecisionPatterns.Overlaps"/>.</summary>
    internal static double PairwiseDice(long[,] overlaps)
    {
        // The Dice of a pair does not depend on the order, so counting each pair once gives the same mean.
        double sum = 0;
        int raters = overlaps.GetLength(0);
        for (int first = 0; first < raters; first++)
        {
            for (int second = first + 1; second < raters; second++)
            {
                sum += PairDice(overlaps, first, second);
            }
        }

        return sum / (raters * (raters - 1) / 2);
    }

    /// <summary>Dice of two raters, from the counts of <see cref="DecisionPatterns.Overlaps"/>.</summary>
    internal static double PairDice(long[,] overlaps, int first, int second) =>
        ((2.0 * overlaps[first, second]) + PairwiseSmoothing) / (overlaps[first, first] + overlaps[second, second] + PairwiseSmoothing);

    internal static double FleissKappa(DecisionPatterns patterns)
    {
        double raters = patterns.Raters, agreeing = 0, marks = 0;
        for (int pattern = 0; pattern < patterns.Count; pattern++)
        {
            double votes = patterns.Votes(pattern), pixels = patterns.Pixels(pattern);
            agreeing += pixels * ((votes * (votes - 1)) + ((raters - votes) * (raters - votes - 1)));
            marks += pixels * votes;
        }

        double decisions = patterns.Size * raters;
        if (marks == 0 || marks == decisions)
        {
            return 1;
        }

        double share = marks / decisions, observed = agreeing / (decisions * (raters - 1)),
            chance = (share * share) + ((1 - share) * (1 - share));
        return (observed - chance) / (1 - chance);
    }

    private static void RequirePair(RaterMasks masks, string measure)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.Raters < 2)
        {
            throw new ArgumentException($"{measure} needs masks of at least two raters, but there is one.", nameof(masks));
        }
    }

    /// <summary>How many raters marked each pixel.</summary>
    private static byte[] Votes(RaterMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.Raters > byte.MaxValue)
        {
            throw new ArgumentException($"{masks.Raters} raters are more than the {byte.MaxValue} that are supported.", nameof(masks));
        }

        byte[] votes = masks.Rater(0).ToArray();
        for (int rater = 1; rater < masks.Raters; rater++)
        {
            ReadOnlySpan<byte> mask = masks.Rater(rater);
            for (int i = 0; i < votes.Length; i++)
            {
                votes[i] += mask[i];
            }
        }

        return votes;
    }

    private static void Threshold(ReadOnlySpan<byte> votes, int level, Span<byte> map)
    {
        for (int i = 0; i < votes.Length; i++)
        {
            map[i] = votes[i] >= level ? (byte)1 : (byte)0;
        }
    }
}
