using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Draws;

/// <summary>Learns a behaviour from how often raters mark two pixels together (<see cref="RaterBehavior.Fit"/>).</summary>
internal static class BehaviorFit
{
    private const double ShortestLength = 0.25;

    // Two lengths of the grid differ by 2 %: more than masks can tell.
    private const double LengthRatio = 1.02;

    /// <summary>How far apart the pixels of a pair are, along rows and along columns: 1, 2, 3, 4, 6, 8, 12, 16, … pixels.</summary>
    internal static IReadOnlyList<int> Distances { get; } =
        [1, .. Enumerable.Range(1, 9).SelectMany(power => (int[])[1 << power, 3 << (power - 1)])];

    /// <returns>The behaviour; null where no two uncertain pixels are any of these distances apart.</returns>
    public static RaterBehavior? Run(IEnumerable<RaterMasks> cases)
    {
        MarkedTogether[] counts = [.. Distances.Select(_ => new MarkedTogether())];
        foreach (RaterMasks masks in cases)
        {
            Count(masks, counts);
        }

        Lag[] lags =
        [
            .. Distances.Zip(counts, (distance, count) => (distance, count))
                .Where(lag => lag.count.Pairs > 0)
                .Select(lag => new Lag(lag.distance, lag.count.Pairs, lag.count.Correlation())),
        ];
        return lags.Length == 0 ? null : Nearest(lags);
    }

    /// <summary>Counts the pairs of uncertain pixels of a case: those that some raters mark, and not all.</summary>
    private static void Count(RaterMasks masks, MarkedTogether[] counts)
    {
        int[] votes = new BinaryMasks(masks).Votes();
        int size = masks.Height * masks.Width;
        for (int pixel = 0; pixel < size; pixel++)
        {
            if (votes[pixel] == 0 || votes[pixel] == masks.Raters)
            {
                continue;
            }

            int right = masks.Width - (pixel % masks.Width), below = masks.Height - (pixel / masks.Width);
            for (int lag = 0; lag < counts.Length; lag++)
            {
                if (Distances[lag] < right)
                {
                    Add(pixel, pixel + Distances[lag], counts[lag]);
                }

                if (Distances[lag] < below)
                {
                    Add(pixel, pixel + (Distances[lag] * masks.Width), counts[lag]);
                }
            }
        }

        void Add(int one, int other, MarkedTogether count)
        {
            if (votes[other] == 0 || votes[other] == masks.Raters)
            {
                return;
            }

            int both = 0;
            for (int rater = 0; rater < masks.Raters; rater++)
            {
                both += masks.Pixels[(rater * size) + one] & masks.Pixels[(rater * size) + other];
            }

            count.Add(masks.Raters, votes[one], votes[other], both);
        }
    }

    /// <summary>
    /// The curve ρ + (1 − ρ)·exp(−d²/(2ℓ²)) that lies nearest to the correlations: least squares, each distance weighted by its pairs. For
    /// each ℓ of a fine grid, the best ρ is known in closed form.
    /// </summary>
    private static RaterBehavior Nearest(Lag[] lags)
    {
        (double least, RaterBehavior best) = (double.PositiveInfinity, new(0, ShortestLength));
        for (double length = ShortestLength; length <= Math.Min(2 * lags[^1].Distance, RaterBehavior.LargestLength); length *= LengthRatio)
        {
            double[] near = Array.ConvertAll(lags, lag => Math.Exp(-lag.Distance * lag.Distance / (2 * length * length)));
            double above = 0, scale = 0, squares = 0;
            for (int i = 0; i < lags.Length; i++)
            {
                above += lags[i].Pairs * (lags[i].Correlation - near[i]) * (1 - near[i]);
                scale += lags[i].Pairs * (1 - near[i]) * (1 - near[i]);
            }

            double correlation = Math.Clamp(above / scale, 0, 1);
            for (int i = 0; i < lags.Length; i++)
            {
                double left = lags[i].Correlation - near[i] - (correlation * (1 - near[i]));
                squares += lags[i].Pairs * left * left;
            }

            if (squares < least)
            {
                (least, best) = (squares, new(correlation, length));
            }
        }

        return best;
    }

    /// <summary>What pairs of pixels at one distance say.</summary>
    /// <param name="Distance">In pixels.</param>
    /// <param name="Pairs">Number of pairs.</param>
    /// <param name="Correlation">The correlation of their latent numbers.</param>
    private sealed record Lag(int Distance, double Pairs, double Correlation);
}
