using Consensus.Imaging.Cases;

namespace Consensus.ML.Evaluation;

/// <summary>The scores of predicted soft maps against the masks of one rater, over the cases that the rater drew.</summary>
/// <param name="Name">The rater's name, or the number of the masks where names are not known.</param>
/// <param name="Cases">The number of these cases, at least 1.</param>
/// <param name="Dice">Mean of <see cref="RaterScore.Dice"/>.</param>
/// <param name="CalibrationError">Mean of <see cref="RaterScore.CalibrationError"/>.</param>
public sealed record RaterScoreSummary(string Name, int Cases, double Dice, double CalibrationError)
{
    internal static RaterScoreSummary[] OfEach(IEnumerable<CaseMetrics> cases) =>
    [
        .. cases.SelectMany(one => one.OfRaters)
            .GroupBy(score => score.Name, StringComparer.Ordinal)
            .OrderBy(group => group.Key, CaseNameComparer.Instance)
            .Select(group => new RaterScoreSummary(
                group.Key, group.Count(), group.Average(score => score.Dice), group.Average(score => score.CalibrationError))),
    ];
}
