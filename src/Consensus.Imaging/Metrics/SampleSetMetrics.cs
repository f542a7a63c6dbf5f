namespace Consensus.Imaging.Metrics;

/// <summary>
/// Compares a set of sampled masks with the set of the raters' masks. It does not compare single masks with each other, but the variety of
/// the samples with the variety of the raters.
/// </summary>
/// <remarks>
/// The distance of two masks is <c>d(A, B) = 1 − IoU(A, B)</c>. For two empty masks, d is 0 and Dice is 1. If only one mask is empty, d is
/// 1 and Dice is 0. Means within a set are taken over all ordered pairs, including the pairs of a mask with itself, as in the published
/// estimators. A mean over pairs of different masks would be n / (n − 1) times as large for n masks.
/// </remarks>
public sealed record SampleSetMetrics
{
    /// <summary>
    /// Generalised energy distance <c>D²_GED = 2·E[d(S, Y)] − E[d(S, S′)] − E[d(Y, Y′)]</c> of samples S and raters Y (Székely and Rizzo
    /// 2013; with d = 1 − IoU by Kohl et al., "A Probabilistic U-Net", NeurIPS 2018). It is at least 0, and 0 for two equal sets. Lower is
    /// better.
    /// </summary>
    public required double GeneralizedEnergyDistance { get; init; }

    /// <summary>
    /// <c>E[d(S, S′)]</c> over pairs of samples, in [0, 1]. Compare it with <see cref="RaterDiversity"/>. The two should be close; neither
    /// a high nor a low value is good in itself.
    /// </summary>
    public required double SampleDiversity { get; init; }

    /// <summary><c>E[d(Y, Y′)]</c> over pairs of raters, in [0, 1].</summary>
    public required double RaterDiversity { get; init; }

    /// <summary>
    /// Maximum Dice matching D_max (Rahman et al., "Ambiguous Medical Image Segmentation using Diffusion Models", CVPR 2023): for each
    /// rater, the Dice of the sample that is most similar to the rater's mask, averaged over the raters. In [0, 1]; higher is better. It
    /// never becomes smaller when samples are added.
    /// </summary>
    public required double MaximumDice { get; init; }

    /// <summary>
    /// Hungarian-matched IoU (Kohl et al., "A Hierarchical Probabilistic U-Net", 2019, appendix). Both sets are replicated to the least
    /// common multiple of their sizes. Then samples and raters are paired one to one, such that the mean IoU of the pairs is as large as
    /// possible. The value is this mean. In [0, 1]; higher is better.
    /// </summary>
    public required double MatchedIntersectionOverUnion { get; init; }

    /// <summary>
    /// Combined sensitivity S_c (Rahman et al. 2023): the pixels that at least one rater marked are taken, and the value is the share of
    /// them that at least one sample marks. In [0, 1]; higher is better. 1 if no rater marked anything.
    /// </summary>
    public required double CombinedSensitivity { get; init; }

    /// <summary>
    /// Diversity agreement D_a (Rahman et al. 2023): <c>1 − (ΔV_max + ΔV_min) / 2</c>, where V is the variance over pixels of the
    /// difference between two masks of a set. V_max and V_min are its largest and smallest values over pairs of different masks of a set,
    /// and 0 if the set has one mask. ΔV_max and ΔV_min are the absolute differences of these values between the two sets. In [0, 1];
    /// higher is better.
    /// </summary>
    public required double DiversityAgreement { get; init; }

    /// <summary>
    /// Collective insight CI (Rahman et al. 2023): <c>3·S_c·D_max·D_a / (S_c + D_max + D_a)</c> as published. This is not the harmonic
    /// mean of the three. In [0, 1]; higher is better. 0 if all three are 0.
    /// </summary>
    public required double CollectiveInsight { get; init; }

    /// <summary>Mean area of the samples, in pixels.</summary>
    public required double MeanSampleArea { get; init; }

    /// <summary>Mean area of the raters' masks, in pixels.</summary>
    public required double MeanRaterArea { get; init; }

    /// <summary>
    /// Relative error of the mean area: <c>(mean of the samples − mean of the raters) / mean of the raters</c>; above 0 if the samples are
    /// too large. 0 if all masks are empty; NaN if only the raters' masks are empty.
    /// </summary>
    public required double AreaError { get; init; }

    /// <summary>
    /// Distance between the distributions of areas. It is the 1-Wasserstein distance between the samples' areas and the raters' areas,
    /// divided by the raters' mean area. (The 1-Wasserstein distance is the area between the two empirical distribution functions.) At
    /// least 0 and at least <c>|AreaError|</c>; lower is better. 0 if all masks are empty; NaN if only the raters' masks are empty.
    /// </summary>
    public required double AreaDistance { get; init; }

    /// <summary>Compares two sets of masks.</summary>
    /// <param name="samples">The sampled masks. Each sample takes the place of a rater.</param>
    /// <param name="raters">The raters' masks, of the same height and width.</param>
    /// <exception cref="ArgumentException">The masks differ in size.</exception>
    public static SampleSetMetrics Compute(RaterMasks samples, RaterMasks raters)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(raters);
        if (samples.Height != raters.Height || samples.Width != raters.Width)
        {
            throw new ArgumentException(
                $"The samples are {samples.Height}×{samples.Width} and the raters' masks "
                + $"{raters.Height}×{raters.Width}; they must be of one size.");
        }

        var sampled = new BinaryMasks(samples);
        var drawn = new BinaryMasks(raters);
        (double[,] distances, double maximum) = Across(sampled, drawn);
        Diversity amongSamples = Diversity.Compute(sampled), amongRaters = Diversity.Compute(drawn);
        double sensitivity = Sensitivity(sampled, drawn);
        double agreement = 1 - ((Math.Abs(amongSamples.LargestVariance - amongRaters.LargestVariance)
            + Math.Abs(amongSamples.SmallestVariance - amongRaters.SmallestVariance)) / 2);
        double sampleArea = sampled.Areas.Average(), raterArea = drawn.Areas.Average(), parts = sensitivity + maximum + agreement;
        return new()
        {
            // The sum can fall below 0 only by rounding.
            GeneralizedEnergyDistance = Math.Max(
                0, (2 * distances.Cast<double>().Average()) - amongSamples.MeanDistance - amongRaters.MeanDistance),
            SampleDiversity = amongSamples.MeanDistance,
            RaterDiversity = amongRaters.MeanDistance,
            MaximumDice = maximum,
            MatchedIntersectionOverUnion = 1 - UniformTransport.MeanCost(distances),
            CombinedSensitivity = sensitivity,
            DiversityAgreement = agreement,
            CollectiveInsight = parts == 0 ? 0 : 3 * sensitivity * maximum * agreement / parts,
            MeanSampleArea = sampleArea,
            MeanRaterArea = raterArea,
            AreaError = Relative(sampleArea - raterArea, raterArea),
            AreaDistance = Relative(Wasserstein(sampled.Areas, drawn.Areas), raterArea),
        };
    }

    private static double Relative(double difference, double area) => area > 0 ? difference / area : difference == 0 ? 0 : double.NaN;

    private static double Sensitivity(BinaryMasks samples, BinaryMasks raters)
    {
        long marked = BinaryMasks.Shared(raters.Union, raters.Union);
        return marked == 0 ? 1 : (double)BinaryMasks.Shared(raters.Union, samples.Union) / marked;
    }

    /// <summary>The area between two empirical distribution functions.</summary>
    private static double Wasserstein(IReadOnlyList<long> first, IReadOnlyList<long> second)
    {
        long[] one = [.. first.Order()], other = [.. second.Order()], all = [.. one.Concat(other).Order()];
        double distance = 0;
        int below = 0, otherBelow = 0;
        for (int i = 0; i + 1 < all.Length; i++)
        {
            while (below < one.Length && one[below] <= all[i])
            {
                below++;
            }

            while (otherBelow < other.Length && other[otherBelow] <= all[i])
            {
                otherBelow++;
            }

            distance += Math.Abs(((double)below / one.Length) - ((double)otherBelow / other.Length)) * (all[i + 1] - all[i]);
        }

        return distance;
    }

    /// <summary>
    /// The distance d = 1 − IoU between each sample (rows) and each rater (columns), and the mean over raters of the largest Dice with a
    /// sample.
    /// </summary>
    private static (double[,] Distances, double MaximumDice) Across(BinaryMasks samples, BinaryMasks raters)
    {
        var distances = new double[samples.Count, raters.Count];
        var largest = new double[raters.Count];
        for (int sample = 0; sample < samples.Count; sample++)
        {
            for (int rater = 0; rater < raters.Count; rater++)
            {
                long both = samples.Shared(sample, raters, rater), sum = samples.Areas[sample] + raters.Areas[rater];
                distances[sample, rater] = Distance(both, sum);
                largest[rater] = Math.Max(largest[rater], sum == 0 ? 1 : 2.0 * both / sum);
            }
        }

        return (distances, largest.Average());
    }

    private static double Distance(long both, long sumOfAreas) => sumOfAreas == 0 ? 0 : 1 - ((double)both / (sumOfAreas - both));

    /// <summary>The differences between the masks of one set.</summary>
    /// <param name="MeanDistance">Mean d over all ordered pairs, including the pairs of a mask with itself.</param>
    /// <param name="SmallestVariance">
    /// Smallest variance of the difference over pairs of different masks; 0 if there is no such pair.
    /// </param>
    /// <param name="LargestVariance">Largest of these variances.</param>
    private sealed record Diversity(double MeanDistance, double SmallestVariance, double LargestVariance)
    {
        public static Diversity Compute(BinaryMasks masks)
        {
            double distances = 0, smallest = double.PositiveInfinity, largest = 0;
            for (int one = 0; one < masks.Count; one++)
            {
                for (int other = 0; other < one; other++)
                {
                    long both = masks.Shared(one, masks, other), sum = masks.Areas[one] + masks.Areas[other];
                    distances += Distance(both, sum);
                    double mean = (double)(masks.Areas[one] - masks.Areas[other]) / masks.Pixels,
                        variance = ((double)(sum - (2 * both)) / masks.Pixels) - (mean * mean);
                    (smallest, largest) = (Math.Min(smallest, variance), Math.Max(largest, variance));
                }
            }

            // Each pair counts twice, for both of its orders. The distance of a mask to itself is 0.
            return new(2 * distances / ((double)masks.Count * masks.Count), masks.Count == 1 ? 0 : smallest, largest);
        }
    }
}
