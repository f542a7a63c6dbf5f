using Consensus.Imaging.Cases;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>
/// The group of each case of a list, as the evaluation of the whole list finds it. A case that is scored alone cannot know it: the group
/// that has only the name of its case counts where another case is of that group too.
/// </summary>
internal static class CaseGroups
{
    /// <summary>The group of each case; null where a case is a group by itself.</summary>
    public static IReadOnlyList<string?> Of(IReadOnlyList<RaterCase> cases)
    {
        HashSet<string> shared =
        [
            .. cases.GroupBy(raterCase => raterCase.Group, StringComparer.Ordinal)
                .Where(group => group.Skip(1).Any())
                .Select(group => group.Key),
        ];
        return
        [
            .. cases.Select(raterCase =>
                raterCase.Group != raterCase.Name || shared.Contains(raterCase.Group) ? raterCase.Group : null),
        ];
    }
}
