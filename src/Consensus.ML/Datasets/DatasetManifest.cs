using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Datasets;

/// <summary>
/// Describes a data set of any layout: its cases, their image files, the mask of each rater and the splits. On disk it is a JSON file,
/// usually <c>dataset.json</c> (data-schemas/dataset.schema.json).
/// </summary>
public sealed record DatasetManifest
{
    /// <summary>How the manifest of a set is usually called.</summary>
    public const string FileName = "dataset.json";

    /// <summary>The version of the format that is written, and the newest that is read.</summary>
    internal const int FormatVersion = 1;

    private readonly int? _levels;

    /// <summary>The folder that relative paths start from: the one that holds the manifest.</summary>
    public required string Folder { get; init; }

    /// <summary>The set's name, for reports.</summary>
    public required string Name { get; init; }

    /// <summary>What the set is and where it comes from; null for nothing.</summary>
    public string? Description { get; init; }

    /// <summary>The names of the image's channels in their order; empty where they have none.</summary>
    public IReadOnlyList<string> Channels { get; init; } = [];

    /// <summary>The raters' names: masks are listed in this order.</summary>
    public required IReadOnlyList<string> Raters { get; init; }

    /// <summary>
    /// How many raters a complete case has, which is the number of consensus levels. As many as there are names, unless set.
    /// </summary>
    public int Levels
    {
        get => _levels ?? Raters.Count;
        init => _levels = value;
    }

    /// <summary>What is done with a case that has another number of masks than <see cref="Levels"/>. Default: it is left out.</summary>
    public MissingRaters MissingRaters { get; init; }

    /// <summary>How to cut the files of all cases, which are volumes then; null where they are slices.</summary>
    public VolumeSlicing? Volume { get; init; }

    /// <summary>The cases in the manifest's order.</summary>
    public required IReadOnlyList<DatasetCase> Cases { get; init; }

    /// <summary>The names of the splits, in the order in which they first appear; empty where the set is not split.</summary>
    public IReadOnlyList<string> Splits => [.. Cases.Select(one => one.Split).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// Reads a manifest. Unknown properties, names given twice and values of the wrong type are errors; the files of the
    /// cases are not looked for.
    /// </summary>
    /// <param name="path">The manifest.</param>
    /// <exception cref="FileNotFoundException">It does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is no manifest, of a newer format, or has a mistake; the message names the file and the place in it.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static DatasetManifest Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (DatasetManifest manifest, IReadOnlyList<ManifestFault> faults) = ManifestReader.Read(path);
        return faults.Count == 0 ? manifest : throw new InvalidDataException(
            $"'{path}' is no valid dataset manifest: {faults[0]}"
            + $"{(faults.Count == 1 ? "" : faults.Count == 2 ? " (and one more mistake)" : $" (and {faults.Count - 1} more mistakes)")}.");
    }

    /// <summary>
    /// Writes the manifest, whole or not at all. Paths that are relative to <see cref="Folder"/> are rewritten where the file
    /// goes to another folder.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, stream => ManifestWriter.Write(this, stream, Path.GetDirectoryName(Path.GetFullPath(path))!));
    }

    /// <summary>
    /// The cases with the paths of their files. Of a volume, its header is read, and its masks where only marked slices are wanted.
    /// </summary>
    /// <param name="split">The split; null for all cases.</param>
    /// <returns>Every case, whatever number of masks it has, in the manifest's order and the order of its slices.</returns>
    /// <exception cref="ArgumentException">There is no such split; the message lists those there are.</exception>
    /// <exception cref="InvalidDataException">A volume is none; the message names the file.</exception>
    /// <exception cref="IOException">A volume is missing or cannot be opened.</exception>
    public IEnumerable<RaterCase> AllCases(string? split = null)
    {
        EnsureSplit(split);
        return from one in Cases
               where split is null || one.Split == split
               from found in Expand(one)
               select found;
    }

    /// <summary>
    /// The cases that can be trained on or scored: those with a mask of every rater, or with any mask, as <see cref="MissingRaters"/> says.
    /// </summary>
    /// <param name="split">The split; null for all cases.</param>
    /// <param name="missingRaters">Another rule than the manifest's; null for its own.</param>
    /// <exception cref="ArgumentException">There is no such split; the message lists those there are.</exception>
    /// <exception cref="InvalidDataException">No case can be used, or a volume is none; the message names the file.</exception>
    /// <exception cref="IOException">A volume is missing or cannot be opened.</exception>
    public CaseListing List(string? split = null, MissingRaters? missingRaters = null)
    {
        EnsureSplit(split);
        var warnings = new List<string>();
        var cases = new List<RaterCase>();
        foreach (DatasetCase one in Cases.Where(one => split is null || one.Split == split))
        {
            if (one.Masks.Count != Levels)
            {
                bool isKept = (missingRaters ?? MissingRaters) == MissingRaters.Fraction && one.Masks.Count > 0;
                warnings.Add(
                    $"Case '{one.Name}' {(isKept ? "has another number of raters" : "was left out")}: "
                    + $"it has {(one.Masks.Count == 1 ? "1 mask" : $"{one.Masks.Count} masks")} where {Name} has {Levels}.");
                if (!isKept)
                {
                    continue;
                }
            }

            cases.AddRange(Expand(one));
        }

        string which = split is null ? "" : $" in split '{split}'";
        return cases.Count > 0 ? new(cases, warnings) : throw new InvalidDataException(warnings.Count > 0
            ? $"{Name} has no usable case{which}; the first: {warnings[0]}"
            : $"{Name} has no cases{which}.");
    }

    /// <summary>
    /// The images of all cases, whether anybody drew on them or not: what there is to predict. Of a volume, every slice,
    /// whichever are marked.
    /// </summary>
    /// <param name="split">The split; null for all cases.</param>
    /// <returns>The cases without masks and raters, in the manifest's order and the order of their slices.</returns>
    /// <exception cref="ArgumentException">There is no such split; the message lists those there are.</exception>
    /// <exception cref="InvalidDataException">A volume is none; the message names the file.</exception>
    /// <exception cref="IOException">A volume is missing or cannot be opened.</exception>
    public IEnumerable<RaterCase> AllImages(string? split = null)
    {
        EnsureSplit(split);
        return from one in Cases
               where split is null || one.Split == split
               let slicing = one.Volume ?? Volume
               from found in Expand(one with
               {
                   Masks = new Dictionary<string, string>(),
                   Volume = slicing is null ? null : slicing with { Slices = VolumeSlices.All },
               })
               select found;
    }

    internal IEnumerable<RaterCase> Expand(DatasetCase one)
    {
        string[] drawn = [.. Raters.Where(one.Masks.ContainsKey)];
        var found = new RaterCase(one.Name, [.. one.Image.Select(Resolve)], [.. drawn.Select(rater => Resolve(one.Masks[rater]))], drawn)
        {
            Group = one.Group,
        };
        return (one.Volume ?? Volume) is { } slicing ? VolumeCases.Slices(found, slicing) : [found];
    }

    private string Resolve(string path) => Path.Combine(Folder, path);

    private void EnsureSplit(string? split)
    {
        if (split is not null && !Cases.Any(one => one.Split == split))
        {
            IReadOnlyList<string> splits = Splits;
            throw new ArgumentException(
                $"{Name} has no split '{split}': {(splits.Count == 0 ? "its cases are in none" : $"it has {string.Join(", ", splits)}")}.");
        }
    }
}
