using Consensus.Imaging;
using Consensus.Imaging.Cases;

namespace Consensus.ML.Cli.Records;

/// <summary>A run that keeps records, and the manifest of it.</summary>
/// <typeparam name="TSettings">The type of the options.</typeparam>
/// <param name="ModelPath">The file of the model.</param>
/// <param name="Device">What computes: cpu or cuda.</param>
/// <param name="Shards">Into how many shards the cases are divided.</param>
/// <param name="Settings">Every option that decides what a record says.</param>
internal sealed record RecordedRun<TSettings>(string ModelPath, string Device, int Shards, TSettings Settings)
    where TSettings : IRecordSettings
{
    /// <summary>All cases, those of other shards too.</summary>
    public required IReadOnlyList<RaterCase> Cases { get; init; }

    /// <summary>The places of the cases of this process.</summary>
    public required IReadOnlySet<int> Mine { get; init; }

    /// <summary>The group of each case, null where a case is a group by itself; null where groups do not matter.</summary>
    public IReadOnlyList<string?>? Groups { get; init; }

    /// <summary>Whether the result of a case depends on the masks of its raters.</summary>
    public bool TakesMasks { get; init; }

    /// <summary>
    /// Makes the manifest of this run. Without a manifest in the folder, the files of all cases are read. Otherwise what it says of the
    /// cases of other shards is taken over, so that a hundred shards do not read the whole set a hundred times.
    /// </summary>
    /// <param name="there">The manifest in the folder; null where there is none.</param>
    /// <param name="hashes">Reads the files.</param>
    /// <exception cref="IOException">A file cannot be read; the message names it.</exception>
    public RecordManifest<TSettings> Manifest(RecordManifest<TSettings>? there, FileHashes hashes)
    {
        string?[]? known = there?.Cases.Select(one => one.Group).ToArray();
        IReadOnlyList<string?>? groups = known is not null && AreGroupedAs(known) ? known : Groups;
        return new(
            TSettings.ManifestVersion, TSettings.Kind, Shards, Device, hashes.Of(ModelPath), Settings, [.. Cases.Select(Describe)]);

        ManifestCase Describe(RaterCase raterCase, int index)
        {
            IReadOnlyList<string> raters = TakesMasks ? [.. raterCase.RaterNames] : [];
            return there is not null && !Mine.Contains(index) && index < there.Cases.Count
                ? there.Cases[index] with { Name = raterCase.Name, Group = groups?[index], Raters = raters }
                : new(
                    raterCase.Name, groups?[index], [.. raterCase.ImagePaths.Select(hashes.Of)],
                    TakesMasks ? [.. raterCase.AnnotationPaths.Select(hashes.Of)] : [], raters);
        }
    }

    /// <summary>
    /// Whether the same cases are together in a manifest, under the same names. The name of the group of a slice may be the path of its
    /// volume, which may lie elsewhere on another machine.
    /// </summary>
    private bool AreGroupedAs(string?[] there) =>
        Groups is not null && Groups.Count == there.Length && FirstOf(Groups).SequenceEqual(FirstOf(there))
        && Cases.Select((one, index) => Groups[index] == there[index]
            || (there[index] is not null && Groups[index] == SliceAddress.VolumeOf(one.ImagePaths))).All(isSame => isSame);

    /// <summary>For each case the first case of its group.</summary>
    private static IEnumerable<int> FirstOf(IReadOnlyList<string?> groups)
    {
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. groups.Select((group, index) => group is null || first.TryAdd(group, index) ? index : first[group])];
    }
}
