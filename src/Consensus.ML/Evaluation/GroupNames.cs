namespace Consensus.ML.Evaluation;

/// <summary>Names of the groups of cases that no two groups share.</summary>
internal static class GroupNames
{
    /// <summary>
    /// The name of each case's group. A case that is a group by itself (null) gets its number, which differs from the name of every group.
    /// </summary>
    public static string[] OfCases(IEnumerable<string?> groups) =>
        [.. groups.Select((group, i) => group is null ? FormattableString.Invariant($"{i}") : $"={group}")];
}
