namespace Consensus.ML.Evaluation;

/// <summary>
/// How well the masks of named raters are predicted over volumes: the pixels of all slices of a volume count together. A volume whose
/// slices do not follow each other, or have different raters, is left out, as <see cref="VolumeScores"/> does.
/// </summary>
internal sealed class RaterVolumes
{
    private readonly Dictionary<VolumeKey, Volume> _volumes = [];
    private VolumeKey? _before;

    /// <summary>Adds a row; a row that is no slice of a volume has no key.</summary>
    /// <param name="key">The volume.</param>
    /// <param name="overlaps">The overlap of each named rater that drew the row.</param>
    /// <param name="raterNames">The raters who drew it.</param>
    /// <param name="row">The number of the row.</param>
    public void Add(VolumeKey? key, IReadOnlyList<RaterOverlap> overlaps, string[] raterNames, int row)
    {
        bool isNext = key == _before;
        _before = key;
        if (key is null)
        {
            return;
        }

        _volumes[key] = !_volumes.TryGetValue(key, out Volume? volume) ? new(overlaps, raterNames, 1, row, IsWhole: true)
            : !isNext || !volume.RaterNames.SequenceEqual(raterNames, StringComparer.Ordinal) ? volume with { IsWhole = false }
            : volume with
            {
                Overlaps = [.. volume.Overlaps.Zip(overlaps, (one, further) => one.Plus(further))],
                Slices = volume.Slices + 1,
            };
    }

    /// <summary>The scores of all volumes, in the order of the data; none where each volume has one slice.</summary>
    /// <param name="groups">The group of each row.</param>
    public IReadOnlyList<CaseRaterScore> Scores(IReadOnlyList<string?> groups)
    {
        KeyValuePair<VolumeKey, Volume>[] whole =
            [.. _volumes.Where(pair => pair.Value.IsWhole).OrderBy(pair => pair.Value.Row)];
        return !whole.Any(pair => pair.Value.Slices > 1) ? [] :
        [
            .. whole.SelectMany(pair => pair.Value.Overlaps.Select(
                overlap => overlap.Score(pair.Key.Name) with { Group = groups[pair.Value.Row] })),
        ];
    }

    private sealed record Volume(
        IReadOnlyList<RaterOverlap> Overlaps, string[] RaterNames, int Slices, int Row, bool IsWhole);
}
