namespace Consensus.Imaging.Metrics;

/// <summary>
/// How a set of sampled masks stands for the set of the raters' masks: not one mask against one, but the variety of the samples against
/// the variety of the raters. Pure arithmetic on masks.
/// </summary>
/// <remarks>
/// With <c>d(A, B) = 1 − IoU(A, B)</c>, of two empty masks d is 0 and Dice 1; of an empty and another mask d is 1 and Dice 0. Means over
/// pairs within a set take all ordered pairs, that of a mask with itself included (as the published estimators do): over pairs of
/// different masks the diversity of n masks is n / (n − 1) times as large.
/// </remarks>
public sealed record SampleSetMetrics
{
    /// <summary>
    /// Generalised energy distance <c>D²_GED = 2·E[d(S, Y)] − E[d(S, S′)] − E[d(Y, Y′)]</c> of samples S and raters Y (Székely
    /// and Rizzo 2013; with d = 1 − IoU by Kohl et al., "A Probabilistic U-Net", NeurIPS 2018). At least 0, and 0 for two equal
    /// sets; lower is better.
    /// </summary>
    public required double GeneralizedEnergyDistance { get; init; }

    /// <summary>
    /// <c>E[d(S, S′)]</c> over pairs of samples, in [0, 1]: to be compared with <see cref="RaterDiversity"/>, neither high nor low is good.
    /// </summary>
    public required double SampleDiversity { get; init; }

    /// <summary><c>E[d(Y, Y′)]</c> over pairs of raters, in [0, 1].</summary>
    public required double RaterDiversity { get; init; }

    /// <summary>
    /// Maximum Dice matching D_max (Rahman et al., "Ambiguous Medical Image Segmentation using Diffusion Models", CVPR 2023): for each
    /// rater the Dice of the sample that is most like his or her mask, mean over raters. In [0, 1], higher is better; it never falls
    /// when samples are added.
    /// </summary>
    public required double MaximumDice { get; init; }

    /// <summary>
    /// Hungarian-matched IoU (Kohl et al., "A Hierarchical Probabilistic U-Net", 2019, appendix): both sets replicated to the
    /// least common multiple of their sizes and assigned one to one so that the mean IoU of the pairs is largest; that mean. In
    /// [0, 1], higher is better.
    /// </summary>
    public required double MatchedIntersectionOverUnion { get; init; }

    /// <summary>
    /// Combined sensitivity S_c (Rahman et al. 2023): the share of what any rater marked that any sample marks. In [0, 1], higher is
    /// better; 1 when no rater marked anything.
    /// </summary>
    public required double CombinedSensitivity { get; init; }

    /// <summary>
    /// Diversity agreement D_a (Rahman et al. 2023): <c>1 − (ΔV_max + ΔV_min) / 2</c>, where V is the variance over pixels of the
    /// difference of two masks of a set, its largest and smallest value over pairs of different masks are taken for each set (0 for a set
    /// of one mask), and ΔV are the absolute differences between the sets. In [0, 1], higher is better.
    /// </summary>
    public required double DiversityAgreement { get; init; }

    /// <summary>
    /// Collective insight CI (Rahman et al. 2023): <c>3·S_c·D_max·D_a / (S_c + D_max + D_a)</c> as published, which is not the harmonic
    /// mean of the three. In [0, 1], higher is better; 0 when the three are 0.
    /// </summary>
    public required double CollectiveInsight { get; init; }

    /// <summary>Mean area of the samples, in pixels.</summary>
    public required double MeanSampleArea { get; init; }

    /// <summary>Mean area of the raters' masks, in pixels.</summary>
    public required double MeanRaterArea { get; init; }

    /// <summary>
    /// Relative error of the mean area: <c>(mean of the samples − mean of the raters) / mean of the raters</c>; above 0 where samples are
    /// too large. 0 when all masks are empty, NaN when only the raters' are.
    /// </summary>
    public required double AreaError { get; init; }

    /// <summary>
    /// Distance between the distributions of areas: the 1-Wasserstein distance between the samples' areas and the raters' (the area
    /// between the two empirical distribution functions), over the raters' mean area. At least 0 and at least <c>|AreaError|</c>, lower
    /// is better. 0 when all masks are empty, NaN when only the raters' are.
    /// </summary>
    public required double AreaDistance { get; init; }

    /// <summary>Compares two sets of masks.</summary>
    /// <param name="samples">The sampled masks, in the place of raters.</param>
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
            // below 0 by rounding only
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
    /// d = 1 − IoU of each sample (rows) and rater (columns), and the mean over raters of the largest Dice with a sample.
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

    /// <summary>How the masks of one set differ.</summary>
    /// <param name="MeanDistance">Mean d over all ordered pairs, that of a mask with itself included.</param>
    /// <param name="SmallestVariance">Smallest variance of the difference over pairs of different masks; 0 where there is none.</param>
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

            // Each pair stands for both of its orders; a mask does not differ from itself.
            return new(2 * distances / ((double)masks.Count * masks.Count), masks.Count == 1 ? 0 : smallest, largest);
        }
    }
}
