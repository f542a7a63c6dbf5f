using Consensus.Imaging.Labels;

namespace Consensus.Imaging.Metrics;

/// <summary>The agreement of the raters of one case.</summary>
public sealed record CaseAgreement
{
    /// <summary>The case's name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The group (patient, volume) of the case; null if the case is a group by itself. Slices of one patient are not independent.
    /// </summary>
    public string? Group { get; init; }

    /// <summary>How many slices were compared as one: 1 for a case, any number for a volume.</summary>
    public int Slices { get; init; } = 1;

    /// <summary>Rows of the masks; of a volume, those of its first slice.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the masks; of a volume, those of its first slice.</summary>
    public required int Width { get; init; }

    /// <summary>Each rater's mask compared with the others, in the order of the masks.</summary>
    public required IReadOnlyList<RaterInCase> Raters { get; init; }

    /// <summary>Mean Dice over pairs of raters (<see cref="ConsensusLabels.PairwiseDice(RaterMasks)"/>); NaN for one rater.</summary>
    public required double PairwiseDice { get; init; }

    /// <summary>Fleiss' kappa over the pixels (<see cref="ConsensusLabels.FleissKappa(RaterMasks)"/>); NaN for one rater.</summary>
    public required double FleissKappa { get; init; }

    /// <summary>Mean of the soft map, in [0, 1]. It is the share of the slice that a rater marks on average.</summary>
    public required double MarkedShare { get; init; }

    /// <summary>How well people predict the soft map of the case, on the scale of a model's soft Dice.</summary>
    public required RaterYardsticks Yardsticks { get; init; }

    /// <summary>
    /// What resizing to each of the usual sizes leaves (<see cref="ResizingCeiling.UsualSizes"/>), the smallest first; empty for a volume.
    /// </summary>
    public required IReadOnlyList<ResizingCeiling> Ceilings { get; init; }

    /// <summary>
    /// Whether STAPLE's iterations ended because nothing changed any more. Also true for a single rater, where STAPLE does not iterate.
    /// </summary>
    public required bool StapleConverged { get; init; }

    /// <summary>Compares the masks of one case.</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="masks">One mask per rater.</param>
    /// <param name="raterNames">The name of each mask's rater. There are as many names as masks, and no two are equal.</param>
    /// <param name="geometry">The geometry of the masks, for areas in mm². Null if it is not known.</param>
    /// <exception cref="ArgumentException">There are more or fewer names than masks, a name is empty, or two names are equal.</exception>
    public static CaseAgreement Compute(string name, RaterMasks masks, IReadOnlyList<string> raterNames, SliceGeometry? geometry = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(raterNames);
        if (ProblemWith(raterNames, masks.Raters) is { } problem)
        {
            throw new ArgumentException($"There are {problem}.", nameof(raterNames));
        }

        double pixelArea = geometry is { HasSpacing: true } ? geometry.SpacingRows * geometry.SpacingColumns : double.NaN;
        return FromPatterns(name, new DecisionPatterns(masks), raterNames, pixelArea) with
        {
            Height = masks.Height,
            Width = masks.Width,
            Ceilings = ResizingCeiling.ComputeUsual(masks),
        };
    }

    /// <summary>Compares decisions, wherever their pixels lie. The result has no height, no width and no ceilings.</summary>
    internal static CaseAgreement FromPatterns(
        string name, DecisionPatterns patterns, IReadOnlyList<string> raterNames, double pixelArea = double.NaN)
    {
        long[,] overlaps = patterns.Overlaps();
        PerformanceEstimate? staple = patterns.Raters > 1 ? Staple.Estimate(patterns, new StapleOptions()) : null;
        double[] stapleDice = staple is null ? [double.NaN] : StapleDice(patterns, staple);
        double marks = Enumerable.Range(0, patterns.Raters).Sum(rater => (double)overlaps[rater, rater]),
            meanArea = marks / patterns.Raters;
        var raters = new RaterInCase[patterns.Raters];
        for (int rater = 0; rater < raters.Length; rater++)
        {
            long area = overlaps[rater, rater];
            raters[rater] = new(
                raterNames[rater],
                area,
                staple is null || meanArea == 0 ? double.NaN : (area - meanArea) / meanArea,
                DiceWithOthers(overlaps, rater),
                staple?.Sensitivity[rater] ?? double.NaN,
                staple?.Specificity[rater] ?? double.NaN,
                stapleDice[rater])
            {
                PhysicalArea = area * pixelArea,
            };
        }

        return new()
        {
            Name = name,
            Height = 0,
            Width = 0,
            Raters = Array.AsReadOnly(raters),
            PairwiseDice = staple is null ? double.NaN : ConsensusLabels.PairwiseDice(overlaps),
            FleissKappa = staple is null ? double.NaN : ConsensusLabels.FleissKappa(patterns),
            MarkedShare = meanArea / patterns.Size,
            Yardsticks = RaterYardsticks.FromPatterns(patterns),
            Ceilings = [],
            StapleConverged = staple?.Converged ?? true,
        };
    }

    /// <summary>Says what is wrong with the names of a case's raters, as the end of a sentence. Null if nothing is wrong.</summary>
    internal static string? ProblemWith(IReadOnlyList<string> raterNames, int masks)
    {
        if (raterNames.Count != masks)
        {
            return $"{raterNames.Count} rater names for {masks} masks";
        }

        string? twice = raterNames.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key;
        return twice is not null ? $"two masks by the rater '{twice}'"
            : raterNames.Any(string.IsNullOrEmpty) ? "masks by a rater whose name is empty"
            : null;
    }

    private static double DiceWithOthers(long[,] overlaps, int rater)
    {
        int raters = overlaps.GetLength(0);
        double sum = 0;
        for (int other = 0; other < raters; other++)
        {
            sum += other == rater ? 0 : ConsensusLabels.PairDice(overlaps, rater, other);
        }

        return raters == 1 ? double.NaN : sum / (raters - 1);
    }

    /// <summary>Each rater's Dice with the pixels whose probability to be true is above one half.</summary>
    private static double[] StapleDice(DecisionPatterns patterns, PerformanceEstimate staple)
    {
        // The estimate is in the last row, like one more rater.
        int raters = patterns.Raters;
        var overlaps = new long[raters + 1, raters + 1];
        for (int pattern = 0; pattern < patterns.Count; pattern++)
        {
            bool isTrue = staple.Truth[pattern] > 0.5;
            ReadOnlySpan<bool> marked = patterns.Decisions(pattern);
            for (int rater = 0; rater < raters; rater++)
            {
                overlaps[rater, rater] += marked[rater] ? patterns.Pixels(pattern) : 0;
                overlaps[rater, raters] += marked[rater] && isTrue ? patterns.Pixels(pattern) : 0;
            }

            overlaps[raters, raters] += isTrue ? patterns.Pixels(pattern) : 0;
        }

        return [.. Enumerable.Range(0, raters).Select(rater => ConsensusLabels.PairDice(overlaps, rater, raters))];
    }
}
