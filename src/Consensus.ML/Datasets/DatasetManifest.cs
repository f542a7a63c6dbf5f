using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Datasets;

/// <summary>
/// Describes a data set of any layout: its cases, their image files, the mask of each rater and the splits. It is stored as a JSON file,
/// usually <c>dataset.json</c> (data-schemas/dataset.schema.json).
/// </summary>
public sealed record DatasetManifest
{
    /// <summary>The usual file name of a manifest.</summary>
    public const string FileName = "dataset.json";

    /// <summary>The newest version of the format that can be read: 1 of a set with one structure, 2 of a set with several.</summary>
    internal const int NewestFormatVersion = 2;

    private readonly int? _levels;

    /// <summary>Whether the set holds the masks of one of several structures: cases without masks belong to the others.</summary>
    private bool IsStructure { get; init; }

    /// <summary>The folder that relative paths start from: the folder of the manifest.</summary>
    public required string Folder { get; init; }

    /// <summary>The set's name, for reports.</summary>
    public required string Name { get; init; }

    /// <summary>What the set is and where it comes from; null for no description.</summary>
    public string? Description { get; init; }

    /// <summary>The names of the image's channels in their order; empty where they have none.</summary>
    public IReadOnlyList<string> Channels { get; init; } = [];

    /// <summary>The raters' names: masks are listed in this order.</summary>
    public required IReadOnlyList<string> Raters { get; init; }

    /// <summary>
    /// The names of the structures that raters drew on the same images, such as whole and core, in their order. Empty for a set with one
    /// structure without a name, whose masks are <see cref="DatasetCase.Masks"/>; otherwise they are <see cref="DatasetCase.Structures"/>.
    /// </summary>
    public IReadOnlyList<string> Structures { get; init; } = [];

    /// <summary>
    /// How many raters a complete case has. This is the number of consensus levels. Default: the number of <see cref="Raters"/>.
    /// </summary>
    public int Levels
    {
        get => _levels ?? Raters.Count;
        init => _levels = value;
    }

    /// <summary>What to do with a case whose number of masks differs from <see cref="Levels"/>. Default: the case is left out.</summary>
    public MissingRaters MissingRaters { get; init; }

    /// <summary>Says that the files of all cases are volumes, and how to cut them; null where they are slices.</summary>
    public VolumeSlicing? Volume { get; init; }

    /// <summary>The cases in the manifest's order.</summary>
    public required IReadOnlyList<DatasetCase> Cases { get; init; }

    /// <summary>The names of the splits, in the order in which they first appear; empty where the set is not split.</summary>
    public IReadOnlyList<string> Splits => [.. Cases.Select(one => one.Split).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// Reads a manifest. Unknown properties, repeated names and values of the wrong type are errors. The files of the cases are not opened.
    /// </summary>
    /// <param name="path">The manifest.</param>
    /// <exception cref="FileNotFoundException">The manifest does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is not a manifest, its format is newer, or it has a mistake; the message names the file and the place in it.
    /// </exception>
    /// <exception cref="IOException">The manifest cannot be opened.</exception>
    public static DatasetManifest Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (DatasetManifest manifest, IReadOnlyList<ManifestFault> faults) = ManifestReader.Read(path);
        return faults.Count == 0 ? manifest : throw new InvalidDataException(
            $"'{path}' is no valid dataset manifest: {faults[0]}"
            + $"{(faults.Count == 1 ? "" : faults.Count == 2 ? " (and one more mistake)" : $" (and {faults.Count - 1} more mistakes)")}.");
    }

    /// <summary>
    /// The set with the masks of one of its <see cref="Structures"/> alone. Its raters are those who drew that structure on any case, and
    /// as many raters make a complete case, or as many as <see cref="Levels"/> if these are fewer.
    /// </summary>
    /// <param name="name">The name of the structure.</param>
    /// <exception cref="ArgumentException">The set has no such structure; the message lists the structures.</exception>
    public DatasetManifest ForStructure(string name)
    {
        if (!Structures.Contains(name, StringComparer.Ordinal))
        {
            throw new ArgumentException(
                $"{Name} has no structure '{name}': {(Structures.Count == 0 ? "it has none" : $"it has {string.Join(", ", Structures)}")}.",
                nameof(name));
        }

        DatasetCase[] cases =
        [
            .. Cases.Select(one => one with
            {
                Masks = one.Structures.GetValueOrDefault(name) ?? new Dictionary<string, string>(),
                Structures = new Dictionary<string, IReadOnlyDictionary<string, string>>(),
            }),
        ];
        string[] raters = [.. Raters.Where(rater => cases.Any(one => one.Masks.ContainsKey(rater)))];
        return this with
        {
            Name = $"{Name} {name}",
            Structures = [],
            Raters = raters,
            Levels = Math.Max(1, Math.Min(Levels, raters.Length)),
            Cases = cases,
            IsStructure = true,
        };
    }

    /// <summary>
    /// Writes the manifest completely or not at all. Paths relative to <see cref="Folder"/> are rewritten when the file goes to a different
    /// folder.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, stream => ManifestWriter.Write(this, stream, Path.GetDirectoryName(Path.GetFullPath(path))!));
    }

    /// <summary>
    /// The cases with the paths of their files. For a volume, the header is read; the masks are read too if only marked slices are wanted.
    /// </summary>
    /// <param name="split">The split; null for all cases.</param>
    /// <returns>Every case with any number of masks, in the manifest's order; the slices of a volume follow in their order.</returns>
    /// <exception cref="ArgumentException">No split has that name; the message lists the splits.</exception>
    /// <exception cref="InvalidDataException">A file that should be a volume is not a volume; the message names it.</exception>
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
    /// The cases that can be used for training or scoring: cases with a mask of every rater, or with at least one mask.
    /// <see cref="MissingRaters"/> decides which.
    /// </summary>
    /// <param name="split">The split; null for all cases.</param>
    /// <param name="missingRaters">A rule that replaces the manifest's; null for the manifest's own.</param>
    /// <exception cref="ArgumentException">No split has that name; the message lists the splits.</exception>
    /// <exception cref="InvalidDataException">
    /// No case can be used, the set has several structures, or a file that should be a volume is not a volume; the message names it.
    /// </exception>
    /// <exception cref="IOException">A volume is missing or cannot be opened.</exception>
    public CaseListing List(string? split = null, MissingRaters? missingRaters = null)
    {
        EnsureSplit(split);
        if (Structures.Count > 0)
        {
            throw new InvalidDataException(
                $"{Name} has the structures {string.Join(", ", Structures)}; the cases of one of them must be listed (ForStructure).");
        }

        var warnings = new List<string>();
        var cases = new List<RaterCase>();
        foreach (DatasetCase one in Cases.Where(one => split is null || one.Split == split))
        {
            if (IsStructure && one.Masks.Count == 0)
            {
                // Nobody drew this structure on it; it belongs to the others.
                continue;
            }

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
    /// The images of all cases, with or without masks: everything that can be predicted. A volume gives all its slices, marked or not.
    /// </summary>
    /// <param name="split">The split; null for all cases.</param>
    /// <returns>The cases without masks and raters, in the manifest's order and the order of their slices.</returns>
    /// <exception cref="ArgumentException">No split has that name; the message lists the splits.</exception>
    /// <exception cref="InvalidDataException">A file that should be a volume is not a volume; the message names it.</exception>
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
