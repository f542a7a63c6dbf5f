using Consensus.Imaging.Labels;

namespace Consensus.Imaging.Metrics;

/// <summary>Compares the soft maps of panels: of some of the raters of one case.</summary>
/// <param name="patterns">The decisions of all raters.</param>
internal sealed class RaterPanels(DecisionPatterns patterns)
{
    private static readonly IReadOnlyList<float> Thresholds = Metrics.SoftDice.FiveThresholds;

    private readonly int[] _first = new int[patterns.Count], _second = new int[patterns.Count];

    /// <summary>Soft Dice of the soft maps of two panels. A panel has one flag for each rater, and at least one rater.</summary>
    public double SoftDice(ReadOnlySpan<bool> first, ReadOnlySpan<bool> second)
    {
        int firstRaters = Count(first, _first), secondRaters = Count(second, _second);
        return SoftDice(firstRaters, secondRaters);
    }

    /// <summary>Soft Dice of the pixels that more than half of the raters marked and the soft map of all raters.</summary>
    public double SoftDiceOfMajority()
    {
        for (int pattern = 0; pattern < patterns.Count; pattern++)
        {
            _second[pattern] = patterns.Votes(pattern);
            _first[pattern] = 2 * _second[pattern] > patterns.Raters ? 1 : 0;
        }

        return SoftDice(1, patterns.Raters);
    }

    private double SoftDice(int firstRaters, int secondRaters)
    {
        double sum = 0;
        foreach (float threshold in Thresholds)
        {
            long both = 0, either = 0;
            for (int pattern = 0; pattern < patterns.Count; pattern++)
            {
                // The quotient is rounded to single precision, as the values of a soft map are.
                bool inFirst = _first[pattern] / (float)firstRaters >= threshold,
                    inSecond = _second[pattern] / (float)secondRaters >= threshold;
                both += inFirst && inSecond ? patterns.Pixels(pattern) : 0;
                either += (inFirst ? patterns.Pixels(pattern) : 0) + (inSecond ? patterns.Pixels(pattern) : 0);
            }

            sum += ((2.0 * both) + Metrics.SoftDice.Smoothing) / (either + Metrics.SoftDice.Smoothing);
        }

        return sum / Thresholds.Count;
    }

    /// <summary>Counts the votes of a panel for each pattern; returns the number of its raters.</summary>
    private int Count(ReadOnlySpan<bool> panel, Span<int> votes)
    {
        int raters = 0;
        foreach (bool isIn in panel)
        {
            raters += isIn ? 1 : 0;
        }

        for (int pattern = 0; pattern < patterns.Count; pattern++)
        {
            ReadOnlySpan<bool> marked = patterns.Decisions(pattern);
            votes[pattern] = 0;
            for (int rater = 0; rater < panel.Length; rater++)
            {
                votes[pattern] += marked[rater] && panel[rater] ? 1 : 0;
            }
        }

        return raters;
    }
}
