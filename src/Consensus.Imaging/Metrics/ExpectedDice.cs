namespace Consensus.Imaging.Metrics;

/// <summary>
/// The Dice that a soft map expects of its own outline, without any rater: a confidence for a whole map. Whether wrong maps have a low
/// value depends on the model and the images.
/// </summary>
/// <remarks>
/// The outline holds the pixels above one half. Where p is the share of raters that mark a pixel, a rater is expected to mark Σ p pixels,
/// and Σ p over the outline of those inside it. So the value is <c>2 · Σ_{p &gt; ½} p / (#{p &gt; ½} + Σ p)</c>: the Dice with the expected
/// numbers in place of a rater's. It is 1 where no pixel has a share, and 0 where some have one and none is above one half.
/// </remarks>
public static class ExpectedDice
{
    /// <summary>Computes it for a map.</summary>
    /// <param name="map">A soft map, one value for each pixel, in [0, 1].</param>
    /// <returns>Between 0 and 1; NaN if a value is NaN.</returns>
    public static double Compute(ReadOnlySpan<float> map)
    {
        Sums sums = default;
        sums.Add(map);
        return sums.Dice;
    }

    /// <summary>Computes it for a volume, whose slices count together.</summary>
    /// <param name="maps">The soft map of each slice, in [0, 1].</param>
    /// <returns>Between 0 and 1; NaN if a value is NaN.</returns>
    public static double Compute(IEnumerable<Slice> maps)
    {
        ArgumentNullException.ThrowIfNull(maps);
        Sums sums = default;
        foreach (Slice map in maps)
        {
            sums.Add(map.Pixels);
        }

        return sums.Dice;
    }

    private struct Sums
    {
        private double _inside, _all;
        private long _outline;

        public readonly double Dice => _outline + _all is var both && both == 0 ? 1 : 2 * _inside / both;

        public void Add(ReadOnlySpan<float> map)
        {
            foreach (float value in map)
            {
                _all += value;
                if (value > 0.5f)
                {
                    _inside += value;
                    _outline++;
                }
            }
        }
    }
}
