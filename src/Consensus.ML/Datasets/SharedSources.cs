using Consensus.Imaging;
using Consensus.Imaging.Cases;

namespace Consensus.ML.Datasets;

/// <summary>Keeps the groups and volumes of the cases of each split, and finds those that occur in two splits.</summary>
internal sealed class SharedSources
{
    private readonly Dictionary<(bool IsVolume, string Name), List<Use>> _uses = [];

    /// <summary>Notes the group and the volume of a case, and returns the case.</summary>
    public (string? Split, RaterCase Case) Noted((string? Split, RaterCase Case) item)
    {
        if (item.Case.GivenGroup is { } group)
        {
            Note((false, group), item);
        }

        if (SliceAddress.VolumeOf(item.Case.ImagePaths) is { } volume)
        {
            Note((true, Path.GetFullPath(volume)), item);
        }

        return item;
    }

    /// <summary>
    /// A problem for each group and each volume that has cases in several splits. A volume gives no problem where its group already gives
    /// one.
    /// </summary>
    public IEnumerable<DatasetProblem> AcrossSplits()
    {
        foreach (((bool isVolume, string name), List<Use> uses) in _uses.Where(source => source.Value.Count > 1))
        {
            Use first = uses[0];
            foreach (Use other in uses.Skip(1)
                .Where(other => !isVolume || first.Case.GivenGroup is null || first.Case.GivenGroup != other.Case.GivenGroup))
            {
                string cases = isVolume
                    ? $"Slices of the volume '{SliceAddress.VolumeOf(other.Case.ImagePaths)}'"
                    : $"Cases of the group '{name}'";
                yield return new(
                    ProblemSeverity.Warning,
                    DatasetProblemKind.GroupAcrossSplits,
                    other.Split,
                    other.Case.Name,
                    other.Case.ImagePaths[0],
                    $"{cases} are in two splits: {other} and {first}.",
                    $"Put all of them in one split: scores on a {(isVolume ? "volume" : "group")} that was "
                    + "trained on say little of new ones.");
            }
        }
    }

    private void Note((bool, string) source, (string? Split, RaterCase Case) item)
    {
        if (!_uses.TryGetValue(source, out List<Use>? uses))
        {
            _uses.Add(source, uses = new(1));
        }

        int at = uses.FindIndex(use => use.Split == item.Split);
        if (at < 0)
        {
            uses.Add(new(item.Split, item.Case, 1));
        }
        else
        {
            uses[at] = uses[at] with { Count = uses[at].Count + 1 };
        }
    }

    /// <summary>The cases of one source in one split.</summary>
    private sealed record Use(string? Split, RaterCase Case, int Count)
    {
        public override string ToString() =>
            $"case '{Case.Name}'{(Count == 1 ? "" : Count == 2 ? " and 1 more" : $" and {Count - 1} more")}"
            + $"{(Split is null ? " in none" : $" in '{Split}'")}";
    }
}
