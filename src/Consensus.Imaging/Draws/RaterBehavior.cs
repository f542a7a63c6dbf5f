namespace Consensus.Imaging.Draws;

/// <summary>
/// How raters of one set differ together: how far a rater who marks one uncertain pixel also marks the others. A soft map says how many
/// raters mark a pixel; this says which pixels they mark in one mask. <see cref="RaterDraws"/> draws masks by both.
/// </summary>
/// <remarks>
/// A Gaussian copula (a latent Gaussian field with a threshold at each pixel, as behind the tetrachoric correlation of Pearson 1900): two
/// pixels at the distance d have latent values whose correlation is <c>ρ + (1 − ρ)·exp(−d²/(2ℓ²))</c>.
/// </remarks>
public sealed record RaterBehavior
{
    /// <summary>The largest length that is allowed, in pixels.</summary>
    public const double LargestLength = 1000;

    /// <summary>Makes a behaviour.</summary>
    /// <param name="correlation">ρ, in [0, 1].</param>
    /// <param name="length">ℓ in pixels, above 0 and at most <see cref="LargestLength"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public RaterBehavior(double correlation, double length)
    {
        Correlation = correlation is >= 0 and <= 1
            ? correlation
            : throw new ArgumentOutOfRangeException(nameof(correlation), correlation, "The correlation of a rater's marks is from 0 to 1.");
        Length = length is > 0 and <= LargestLength
            ? length
            : throw new ArgumentOutOfRangeException(
                nameof(length), length, FormattableString.Invariant($"A length is above 0 and at most {LargestLength} pixels."));
    }

    /// <summary>
    /// ρ: the share of the latent variance that a mask has everywhere in common, in [0, 1]. At 1, raters draw large or small alone, and
    /// masks are nested as the levels of agreement are. At 0, what a rater marks in one place says nothing of places far off.
    /// </summary>
    public double Correlation { get; }

    /// <summary>ℓ: how far apart pixels are that a rater still marks alike, in pixels of the map. It has no effect if ρ is 1.</summary>
    public double Length { get; }

    /// <summary>
    /// Learns the behaviour from masks of several raters: from how often raters marked two pixels together that some marked and not all.
    /// </summary>
    /// <remarks>
    /// For pairs of pixels at one distance, along rows and columns, r is the tetrachoric correlation: the latent correlation with which the
    /// copula has both pixels marked as often as the raters do, given the shares who marked each. ρ and ℓ are those of the curve
    /// <c>ρ + (1 − ρ)·exp(−d²/(2ℓ²))</c> that is nearest to r at the distances 1, 2, 3, 4, 6, 8, 12, … pixels, by least squares, weighted
    /// by the number of pairs. Nothing is drawn at random. If all masks are nested, r is 1 everywhere, and ρ is 1. If raters mark pixels
    /// independently, r is 0 on average, also with few raters. In between, few raters make ℓ somewhat too long: by a tenth to a fifth with
    /// seven raters whose ρ is at most 0.6, because the shares are known from the same masks.
    /// </remarks>
    /// <param name="cases">
    /// The masks of each case, at the size of the maps that masks will be drawn from. They are read once. Cases on which all raters agree,
    /// and those of one rater, say nothing of ρ and ℓ.
    /// </param>
    /// <returns>The behaviour; null if no two pixels at these distances are marked by some raters and not by all.</returns>
    public static RaterBehavior? Fit(IEnumerable<RaterMasks> cases)
    {
        ArgumentNullException.ThrowIfNull(cases);
        return BehaviorFit.Run(cases);
    }
}
