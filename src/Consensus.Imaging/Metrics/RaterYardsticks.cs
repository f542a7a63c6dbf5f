using Consensus.Imaging.Labels;

namespace Consensus.Imaging.Metrics;

/// <summary>
/// How well people predict the soft map of a case, on the scale of a model's score: soft Dice at the five thresholds
/// (<see cref="SoftDice.FiveThresholds"/>) between maps of the case's own raters. A model that scores above
/// <see cref="HalfAgainstHalf"/> predicts the raters' soft map better than a second panel of experts does.
/// </summary>
/// <param name="OneAgainstAll">
/// One rater's mask against the soft map of all raters, mean over raters. The rater is one of those who made the map, which favours the
/// rater.
/// </param>
/// <param name="OneAgainstOthers">One rater's mask against the soft map of the other raters, mean over raters; NaN for one rater.</param>
/// <param name="HalfAgainstHalf">
/// The soft map of half of the raters against that of the other half, mean over the ways to divide them; NaN for one rater. With an odd
/// number of raters, the halves differ by one rater.
/// </param>
/// <param name="MajorityAgainstAll">
/// The mask of the majority (<see cref="ConsensusLabels.Majority"/>) against the soft map of all raters: the best single outline.
/// </param>
/// <remarks>
/// Each value lies in [0, 1]. Maps are cut in single precision, as in <see cref="SoftDice"/>. All raters agree that a slice is empty: all
/// values are 1.
/// </remarks>
public sealed record RaterYardsticks(double OneAgainstAll, double OneAgainstOthers, double HalfAgainstHalf, double MajorityAgainstAll)
{
    /// <summary>The largest number of divisions into halves that is computed. Above it, so many are drawn at random.</summary>
    public const int MostDivisions = 1000;

    /// <summary>Computes the yardsticks of one case.</summary>
    /// <param name="masks">One mask per rater.</param>
    /// <param name="seed">
    /// Seed of the divisions into halves, where there are more than <see cref="MostDivisions"/>: from 13 raters on.
    /// </param>
    public static RaterYardsticks Compute(RaterMasks masks, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return FromPatterns(new DecisionPatterns(masks), seed);
    }

    internal static RaterYardsticks FromPatterns(DecisionPatterns patterns, int seed = 0)
    {
        int raters = patterns.Raters;
        var panels = new RaterPanels(patterns);
        bool[] all = [.. Enumerable.Repeat(true, raters)];
        double againstAll = 0, againstOthers = 0;
        for (int rater = 0; rater < raters; rater++)
        {
            var one = new bool[raters];
            one[rater] = true;
            againstAll += panels.SoftDice(one, all);
            againstOthers += raters == 1 ? double.NaN : panels.SoftDice(one, Others(one));
        }

        bool[][] halves = RaterHalves.Divide(raters, MostDivisions, seed);
        return new(
            againstAll / raters,
            againstOthers / raters,
            halves.Length == 0 ? double.NaN : halves.Average(half => panels.SoftDice(half, Others(half))),
            panels.SoftDiceOfMajority());
    }

    private static bool[] Others(bool[] panel) => Array.ConvertAll(panel, isIn => !isIn);
}
