using System.Globalization;

namespace Consensus.Imaging.Draws;

/// <summary>
/// Draws masks that raters might have drawn, from a soft map and from how raters differ together. The levels of a soft map are no such
/// masks: they are nested, and raters' masks cross each other.
/// </summary>
public static class RaterDraws
{
    /// <summary>The largest number of masks of one call.</summary>
    public const int LargestCount = 10_000;

    /// <summary>
    /// Draws masks. A mask has a pixel where <c>√ρ·z + √(1 − ρ)·g</c> lies below <c>Φ⁻¹(m)</c>: m is the soft map, z a normal number of
    /// the mask, g a smooth field of normal numbers, Φ their distribution function.
    /// </summary>
    /// <remarks>
    /// So a mask has each pixel with the probability m, and the mean of many masks is the soft map. No mask has a pixel where m is 0, and
    /// every mask has it where m is 1. If ρ is 1, a mask is the level set <c>m &gt; Φ(z)</c>, and masks are nested. The first masks are the
    /// same for every count.
    /// </remarks>
    /// <param name="softMap">Share of raters who mark each pixel, row by row, in [0, 1]; up to 1e-4 beyond counts as 0 or 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="count">Number of masks, 1 to <see cref="LargestCount"/>.</param>
    /// <param name="behavior">ρ and ℓ.</param>
    /// <param name="seed">Seed of the random numbers. Equal arguments give equal masks.</param>
    /// <returns>The masks, each in the place of a rater.</returns>
    /// <exception cref="ArgumentException">The map has another number of values, or a value outside [0, 1].</exception>
    /// <exception cref="ArgumentOutOfRangeException">A dimension or the count is out of range.</exception>
    public static RaterMasks Draw(ReadOnlySpan<float> softMap, int height, int width, int count, RaterBehavior behavior, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentNullException.ThrowIfNull(behavior);
        if (count is < 1 or > LargestCount)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, string.Create(
                CultureInfo.InvariantCulture, $"The number of masks is from 1 to {LargestCount}."));
        }

        var thresholds = new MarkingThresholds(softMap, height, width);
        var field = new GaussianField(behavior.Length);
        var random = new NormalNumbers(seed);
        int size = height * width;
        var pixels = new byte[checked(count * size)];
        for (int mask = 0; mask < count; mask++)
        {
            double tendency = random.Next();
            float[] local = behavior.Correlation < 1 ? field.Draw(random, thresholds.BoxHeight, thresholds.BoxWidth) : [];
            thresholds.Mark(tendency, local, behavior.Correlation, pixels.AsSpan(mask * size, size));
        }

        return new(count, height, width, pixels);
    }
}
