using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Studies.Results;

/// <summary>What people reach on the scored cases, at the size of the scores.</summary>
internal static class PeopleScores
{
    /// <summary>
    /// The yardsticks of a study. All are NaN where its cases were scored before yardsticks were, and those of others where each case has
    /// one rater.
    /// </summary>
    public static HumanYardsticks FromResults(StudyResults results) => new(
        [
            .. results.Reference.Cases.Select(scored => new RaterYardsticks(
                scored.Score(nameof(CaseMetrics.OneAgainstAll)), scored.Score(nameof(CaseMetrics.OneAgainstOthers)),
                scored.Score(nameof(CaseMetrics.HalfAgainstHalf)), scored.Score(nameof(CaseMetrics.MajorityAgainstAll)))),
        ],
        [.. results.Reference.Cases.Select(scored => scored.Group)]);
}
