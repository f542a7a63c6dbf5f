using Consensus.Imaging.Cases;

namespace Consensus.ML.Evaluation;

/// <summary>The scores of predicted soft maps against the masks of one rater, over the cases that the rater drew.</summary>
/// <param name="Name">The rater's name, or the number of the masks where names are not known.</param>
/// <param name="Cases">The number of these cases, at least 1.</param>
/// <param name="Dice">Mean of <see cref="RaterScore.Dice"/>.</param>
/// <param name="CalibrationError">Mean of <see cref="RaterScore.CalibrationError"/>.</param>
public sealed record RaterScoreSummary(string Name, int Cases, double Dice, double CalibrationError)
{
    /// <summary>Averages scores over the cases of each rater.</summary>
    /// <param name="scores">
    /// The scores of all cases (<see cref="CaseMetrics.OfRaters"/>), in any order. A case has one for each of its raters.
    /// </param>
    /// <returns>One summary for each name, in natural order (2 before 10).</returns>
    public static IReadOnlyList<RaterScoreSummary> OfEach(IEnumerable<RaterScore> scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        return Array.AsReadOnly<RaterScoreSummary>(
        [
            .. scores.GroupBy(score => score.Name, StringComparer.Ordinal)
                .OrderBy(rater => rater.Key, CaseNameComparer.Instance)
                .Select(rater => new RaterScoreSummary(
                    rater.Key, rater.Count(), rater.Average(score => score.Dice), rater.Average(score => score.CalibrationError))),
        ]);
    }
}
