namespace Consensus.Imaging.Metrics;

/// <summary>
/// Compares a set of sampled masks with the set of the raters' masks. It does not compare single masks with each other, but the variety of
/// the samples with the variety of the raters.
/// </summary>
/// <remarks>
/// The distance of two masks is <c>d(A, B) = 1 − IoU(A, B)</c>. For two empty masks, d is 0 and Dice is 1. If only one mask is empty, d is
/// 1 and Dice is 0. Means within a set are taken over all ordered pairs, including the pairs of a mask with itself, as in the published
/// estimators. A mean over pairs of different masks would be n / (n − 1) times as large for n masks. <see cref="EnergyDistanceOptions"/>
/// has the other conventions, for the distance and the two diversities alone.
/// </remarks>
public sealed record SampleSetMetrics
{
    /// <summary>
    /// Generalised energy distance <c>D²_GED = 2·E[d(S, Y)] − E[d(S, S′)] − E[d(Y, Y′)]</c> of samples S and raters Y (Székely and Rizzo
    /// 2013; with d = 1 − IoU by Kohl et al., "A Probabilistic U-Net", NeurIPS 2018). It is at least 0, and 0 for two equal sets. Lower is
    /// better. Over pairs of different masks (<see cref="EnergyPairs.Different"/>), it may be below 0, and is NaN for a set of one mask.
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
    /// never becomes smaller when samples are added. The MMIS challenge's code calls it Dice_max_reverse.
    /// </summary>
    public required double MaximumDice { get; init; }

    /// <summary>
    /// D_max with the sets exchanged: for each sample, the Dice of the rater's mask that is most similar to the sample, averaged over the
    /// samples. In [0, 1]; higher is better. It is low where samples look like no rater's mask. The code of the MMIS challenge (ACM
    /// Multimedia 2024) and of D-Persona (Wu et al., CVPR 2024) calls it Dice_max, and <see cref="MaximumDice"/> Dice_max_reverse.
    /// </summary>
    public required double ReversedMaximumDice { get; init; }

    /// <summary>
    /// D_match (MMIS challenge; Wu et al., CVPR 2024): samples and raters are paired one to one, each with at most one partner, such that
    /// the sum of the Dice is as large as possible (Hungarian method). The value is the mean over the pairs: one for each rater if there
    /// are at least as many samples, otherwise one for each sample. In [0, 1]; higher is better.
    /// </summary>
    public required double MatchedDice { get; init; }

    /// <summary>
    /// Normalised cross-correlation NCC of the variety of the samples with the errors (Baumgartner et al., "PHiSeg", MICCAI 2019): the mean
    /// over raters of the correlation over pixels of <c>E[CE(s̄, S)]</c> and <c>E[CE(y, S)]</c>, where CE is the cross-entropy at a pixel,
    /// s̄ the mean of the samples S, and y the rater's mask. In [−1, 1]; higher is better.
    /// </summary>
    /// <remarks>
    /// Samples are masks of 0 and 1. Then a cross-entropy is a constant times the difference, and the value is the correlation of
    /// <c>s̄(1 − s̄)</c> and <c>|y − s̄|</c>. NaN where all samples are equal, because there is no variety to correlate.
    /// </remarks>
    public required double NormalizedCrossCorrelation { get; init; }

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
    /// <param name="energy">The conventions of the energy distance and the diversities; null for the defaults.</param>
    /// <exception cref="ArgumentException">The masks differ in size, or an option is out of range.</exception>
    public static SampleSetMetrics Compute(RaterMasks samples, RaterMasks raters, EnergyDistanceOptions? energy = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(raters);
        if (samples.Height != raters.Height || samples.Width != raters.Width)
        {
            throw new ArgumentException(
                $"The samples are {samples.Height}×{samples.Width} and the raters' masks "
                + $"{raters.Height}×{raters.Width}; they must be of one size.");
        }

        return Compute(new BinaryMasks(samples), new BinaryMasks(raters), energy);
    }

    internal static SampleSetMetrics Compute(BinaryMasks sampled, BinaryMasks drawn, EnergyDistanceOptions? energy = null)
    {
        energy ??= new();
        energy.Check();
        OverlapsAcross across = OverlapsAcross.Compute(sampled, drawn, energy.EmptyDistance);
        double maximum = across.BestOfRaters;
        Diversity amongSamples = Diversity.Compute(sampled, energy), amongRaters = Diversity.Compute(drawn, energy);
        double sensitivity = Sensitivity(sampled, drawn);
        double agreement = 1 - ((Math.Abs(amongSamples.LargestVariance - amongRaters.LargestVariance)
            + Math.Abs(amongSamples.SmallestVariance - amongRaters.SmallestVariance)) / 2);
        double sampleArea = sampled.Areas.Average(), raterArea = drawn.Areas.Average(), parts = sensitivity + maximum + agreement;
        return new()
        {
            GeneralizedEnergyDistance = EnergyDistance(
                across.Distances.Cast<double>().Average(), amongSamples.MeanDistance, amongRaters.MeanDistance, energy),
            SampleDiversity = amongSamples.MeanDistance,
            RaterDiversity = amongRaters.MeanDistance,
            MaximumDice = maximum,
            ReversedMaximumDice = across.BestOfSamples,
            MatchedDice = 1 - UniformTransport.MeanCostOfPairs(across.DiceDistances),
            NormalizedCrossCorrelation = CrossCorrelation(sampled, drawn),
            MatchedIntersectionOverUnion = 1 - UniformTransport.MeanCost(across.Unlikeness),
            CombinedSensitivity = sensitivity,
            DiversityAgreement = agreement,
            CollectiveInsight = parts == 0 ? 0 : 3 * sensitivity * maximum * agreement / parts,
            MeanSampleArea = sampleArea,
            MeanRaterArea = raterArea,
            AreaError = Relative(sampleArea - raterArea, raterArea),
            AreaDistance = Relative(Wasserstein(sampled.Areas, drawn.Areas), raterArea),
        };
    }

    /// <summary>The energy distance alone, and the diversity of the samples.</summary>
    internal static (double Distance, double Diversity) Energy(BinaryMasks sampled, BinaryMasks drawn, EnergyDistanceOptions energy)
    {
        double within = Diversity.Compute(sampled, energy).MeanDistance, ofRaters = Diversity.Compute(drawn, energy).MeanDistance,
            across = OverlapsAcross.Compute(sampled, drawn, energy.EmptyDistance).Distances.Cast<double>().Average();
        return (EnergyDistance(across, within, ofRaters, energy), within);
    }

    private static double EnergyDistance(double across, double ofSamples, double ofRaters, EnergyDistanceOptions energy)
    {
        // Over all pairs, the sum can fall below 0 only by rounding.
        double distance = (2 * across) - ofSamples - ofRaters;
        return energy.Pairs == EnergyPairs.All ? Math.Max(0, distance) : distance;
    }

    private static double Relative(double difference, double area) => area > 0 ? difference / area : difference == 0 ? 0 : double.NaN;

    private static double Sensitivity(BinaryMasks samples, BinaryMasks raters)
    {
        long marked = BinaryMasks.Shared(raters.Union, raters.Union);
        return marked == 0 ? 1 : (double)BinaryMasks.Shared(raters.Union, samples.Union) / marked;
    }

    /// <summary>The area between two empirical distribution functions.</summary>
    internal static double Wasserstein(IReadOnlyList<long> first, IReadOnlyList<long> second)
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

    /// <summary>The mean over raters of the correlation of s̄(1 − s̄) and |y − s̄| over the pixels.</summary>
    private static double CrossCorrelation(BinaryMasks samples, BinaryMasks raters)
    {
        // In whole numbers: v votes of n samples stand for s̄ = v / n, and the correlation does not depend on the scale.
        int[] votes = samples.Votes();
        long n = samples.Count;
        var variety = new double[votes.Length];
        var error = new double[votes.Length];
        for (int i = 0; i < votes.Length; i++)
        {
            variety[i] = votes[i] * (n - votes[i]);
        }

        double sum = 0;
        for (int rater = 0; rater < raters.Count; rater++)
        {
            for (int i = 0; i < error.Length; i++)
            {
                error[i] = raters.IsMarked(rater, i) ? n - votes[i] : votes[i];
            }

            sum += RankCorrelation.Pearson(variety, error);
        }

        return sum / raters.Count;
    }

    private static double Distance(long both, long sumOfAreas, double empty) =>
        sumOfAreas == 0 ? empty : 1 - ((double)both / (sumOfAreas - both));

    /// <summary>The overlaps of each sample (rows) with each rater (columns).</summary>
    /// <param name="Distances">The distance of the energy distance.</param>
    /// <param name="Unlikeness">1 − IoU, 0 for two empty masks.</param>
    /// <param name="DiceDistances">1 − Dice, 0 for two empty masks.</param>
    private sealed record OverlapsAcross(double[,] Distances, double[,] Unlikeness, double[,] DiceDistances)
    {
        /// <summary>For each rater the largest Dice with a sample, averaged.</summary>
        public double BestOfRaters => Columns().Average(rater => Rows().Max(sample => 1 - DiceDistances[sample, rater]));

        /// <summary>For each sample the largest Dice with a rater, averaged.</summary>
        public double BestOfSamples => Rows().Average(sample => Columns().Max(rater => 1 - DiceDistances[sample, rater]));

        public static OverlapsAcross Compute(BinaryMasks samples, BinaryMasks raters, double empty)
        {
            double[,] distances = new double[samples.Count, raters.Count], unlikeness = new double[samples.Count, raters.Count],
                dice = new double[samples.Count, raters.Count];
            for (int sample = 0; sample < samples.Count; sample++)
            {
                for (int rater = 0; rater < raters.Count; rater++)
                {
                    long both = samples.Shared(sample, raters, rater), sum = samples.Areas[sample] + raters.Areas[rater];
                    distances[sample, rater] = Distance(both, sum, empty);
                    unlikeness[sample, rater] = Distance(both, sum, 0);
                    dice[sample, rater] = sum == 0 ? 0 : 1 - (2.0 * both / sum);
                }
            }

            return new(distances, unlikeness, dice);
        }

        private IEnumerable<int> Rows() => Enumerable.Range(0, DiceDistances.GetLength(0));

        private IEnumerable<int> Columns() => Enumerable.Range(0, DiceDistances.GetLength(1));
    }

    /// <summary>The differences between the masks of one set.</summary>
    /// <param name="MeanDistance">Mean d over the pairs that the options ask for; NaN where there is no such pair.</param>
    /// <param name="SmallestVariance">
    /// Smallest variance of the difference over pairs of different masks; 0 if there is no such pair.
    /// </param>
    /// <param name="LargestVariance">Largest of these variances.</param>
    private sealed record Diversity(double MeanDistance, double SmallestVariance, double LargestVariance)
    {
        public static Diversity Compute(BinaryMasks masks, EnergyDistanceOptions energy)
        {
            double distances = 0, smallest = double.PositiveInfinity, largest = 0;
            for (int one = 0; one < masks.Count; one++)
            {
                for (int other = 0; other < one; other++)
                {
                    long both = masks.Shared(one, masks, other), sum = masks.Areas[one] + masks.Areas[other];
                    distances += Distance(both, sum, energy.EmptyDistance);
                    double mean = (double)(masks.Areas[one] - masks.Areas[other]) / masks.Pixels,
                        variance = ((double)(sum - (2 * both)) / masks.Pixels) - (mean * mean);
                    (smallest, largest) = (Math.Min(smallest, variance), Math.Max(largest, variance));
                }
            }

            // Each pair counts twice, for both of its orders.
            double own = masks.Areas.Sum(area => Distance(area, 2 * area, energy.EmptyDistance)), count = masks.Count,
                meanDistance = energy.Pairs == EnergyPairs.All
                    ? ((2 * distances) + own) / (count * count)
                    : 2 * distances / (count * (count - 1));
            return new(meanDistance, masks.Count == 1 ? 0 : smallest, largest);
        }
    }
}
