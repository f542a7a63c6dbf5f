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
        return new(
            TSettings.ManifestVersion, TSettings.Kind, Shards, Device, hashes.Of(ModelPath), Settings, [.. Cases.Select(Describe)]);

        ManifestCase Describe(RaterCase raterCase, int index) =>
            there is not null && !Mine.Contains(index) && index < there.Cases.Count
                ? there.Cases[index] with { Name = raterCase.Name, Group = Groups?[index] }
                : new(
                    raterCase.Name, Groups?[index], [.. raterCase.ImagePaths.Select(hashes.Of)],
                    TakesMasks ? [.. raterCase.AnnotationPaths.Select(hashes.Of)] : []);
    }
}
