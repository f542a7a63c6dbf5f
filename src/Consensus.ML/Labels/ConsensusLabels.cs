using Consensus.ML.Imaging;

namespace Consensus.ML.Labels;

/// <summary>What several raters' masks say together (Amit et al., MICCAI 2023, section 3): soft map, consensus levels and how far the raters agree.</summary>
public static class ConsensusLabels
{
    /// <summary>Keeps the Dice of two empty masks at 1, as in the paper's Table 3.</summary>
    private const double PairwiseSmoothing = 1e-4;

    /// <summary>The share of raters who marked each pixel: the mean of the masks, and of the consensus levels.</summary>
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
    /// <param name="level">1 (the union, liberal) to the number of raters (the intersection, conservative).</param>
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
    /// Mean Dice between raters, over all ordered pairs of different raters: (2·TP + s) / (2·TP + FP + FN + s) with s = 1e-4 (the paper's Table 3).
    /// Two empty masks agree fully.
    /// </summary>
    /// <param name="masks">Masks of at least two raters.</param>
    /// <returns>A value above 0 and at most 1.</returns>
    /// <exception cref="ArgumentException">There is only one rater.</exception>
    public static double PairwiseDice(RaterMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.Raters < 2)
        {
            throw new ArgumentException("The Dice between raters needs masks of at least two raters, but there is one.", nameof(masks));
        }

        var areas = new long[masks.Raters];
        for (int rater = 0; rater < areas.Length; rater++)
        {
            areas[rater] = masks.Rater(rater).Count((byte)1);
        }

        // The Dice of a pair does not depend on its order: each pair once is the same mean.
        double sum = 0;
        for (int first = 0; first < areas.Length; first++)
        {
            for (int second = first + 1; second < areas.Length; second++)
            {
                double both = 2.0 * Overlap(masks.Rater(first), masks.Rater(second));
                sum += (both + PairwiseSmoothing) / (areas[first] + areas[second] + PairwiseSmoothing);
            }
        }

        return sum / (areas.Length * (areas.Length - 1) / 2);
    }

    private static long Overlap(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        long overlap = 0;
        for (int i = 0; i < first.Length; i++)
        {
            overlap += first[i] & second[i];
        }

        return overlap;
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
