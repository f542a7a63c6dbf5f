using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Microsoft.ML;

namespace Consensus.ML.Cli.Data;

/// <summary>The cases that <c>--data</c>, <c>--task</c> and <c>--split</c> name. They are listed, but not read.</summary>
/// <param name="Name">The name of the set or task, for reports.</param>
/// <param name="Split">The name of the split, for reports.</param>
/// <param name="Raters">The number of raters of a complete case, which is the number of levels.</param>
/// <param name="MissingRaters">What is done with cases that have another number of raters, when cases are listed and in training.</param>
/// <param name="Cases">The cases, in numeric order. There is at least one.</param>
/// <param name="Mirror">The axes that training mirrors them along, unless the command line names others.</param>
internal sealed record CaseSource(
    string Name,
    string Split,
    int Raters,
    MissingRaters MissingRaters,
    IReadOnlyList<RaterCase> Cases,
    MirrorAxes Mirror)
{
    /// <summary>The name that reports use where a set has no splits.</summary>
    private const string AllCases = "all";

    /// <summary>The structure that was asked for: the name of a task, or of a structure of a manifest; null where there is none.</summary>
    public string? Structure { get; init; }

    /// <summary>The structures, where several were asked for (<see cref="StructureSources"/>); else empty.</summary>
    public IReadOnlyList<CaseSource> Structures { get; init; } = [];

    /// <summary>Each structure as a set of its own, or this set.</summary>
    public IReadOnlyList<CaseSource> Parts => Structures.Count > 0 ? Structures : [this];

    /// <summary>How many raters a complete case has, for people.</summary>
    public string RaterText => Structures.Count == 0
        ? $"{Raters} raters"
        : string.Join(", ", Structures.Select(each => $"{each.Structure} by {each.Raters} raters"));

    /// <summary>The number of groups (patients, volumes) of the cases. A case without a group is a group of its own.</summary>
    public int Groups => Cases.Select(raterCase => raterCase.Group).Distinct(StringComparer.Ordinal).Count();

    /// <summary>The other splits of the set. They are listed when they are enumerated; a split that cannot be listed is empty.</summary>
    public IReadOnlyList<DatasetSplit> Others { get; init; } = [];

    /// <summary>Lists the cases. A warning names each case that is left out.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="data">The folder of the set, the folder that contains it, or a manifest.</param>
    /// <param name="task">The name of the task; null for the only task, and for a manifest.</param>
    /// <param name="split">
    /// The name of the split; null for <paramref name="splitByDefault"/>, or for all cases of a manifest that has no splits.
    /// </param>
    /// <param name="splitByDefault">The split to take where no split is named.</param>
    /// <param name="missingRaters">
    /// Whether cases that some raters have not segmented are left out or kept. Null for the rule of the manifest; for a folder, null means
    /// the rule of the paper, which leaves them out.
    /// </param>
    /// <exception cref="UsageException">There is no such split or task, or no task is named and there are several.</exception>
    public static CaseSource List(
        Terminal terminal,
        string data,
        string? task,
        string? split,
        string splitByDefault,
        MissingRaters? missingRaters = null)
    {
        if (File.Exists(data))
        {
            return ListManifest(terminal, data, task, split, splitByDefault, missingRaters);
        }

        QubiqSplit part = ParseSplit(split ?? splitByDefault);
        QubiqTask found = FindTask(data, task);
        MissingRaters rule = missingRaters ?? MissingRaters.Drop;
        CaseListing listing = QubiqDataset.List(data, found, part, rule);
        WarnOf(listing, terminal);
        QubiqSplit other = part == QubiqSplit.Train ? QubiqSplit.Validation : QubiqSplit.Train;
        return new(found.Name, Formats.Name(part), found.Raters, rule, listing.Cases, found.Mirror)
        {
            Structure = found.Name,
            Others = [new(Formats.Name(other), OrNone(() => QubiqDataset.List(data, found, other, MissingRaters.Fraction).Cases))],
        };
    }

    /// <summary>Lists the images of all cases, with or without masks.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="data">The folder of the set, the folder that contains it, or a manifest.</param>
    /// <param name="task">The name of a task or set; null for the only set, and for a manifest.</param>
    /// <param name="split">
    /// The name of the split; null for <paramref name="splitByDefault"/>, or for all cases of a manifest that has no splits.
    /// </param>
    /// <param name="splitByDefault">The split to take where no split is named.</param>
    /// <exception cref="UsageException">There is no such split or set, or no set is named and there are several.</exception>
    public static IReadOnlyList<RaterCase> ListImages(Terminal terminal, string data, string? task, string? split, string splitByDefault)
    {
        if (File.Exists(data))
        {
            (DatasetManifest manifest, string? part) = ReadManifest(data, split, splitByDefault);
            EnsureTask(manifest, data, task, isImages: true);
            RaterCase[] images = [.. manifest.AllImages(part)];
            return images.Length > 0 ? images : throw new InvalidDataException($"'{data}' describes no cases.");
        }

        QubiqSplit asked = ParseSplit(split ?? splitByDefault);
        try
        {
            // The tasks of a set share their images.
            CaseListing listing = QubiqDataset.ListImages(data, task?.Split(',')[0].Trim(), asked);
            WarnOf(listing, terminal);
            return listing.Cases;
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    /// <summary>Finds a task by its name, or the only task where no name is given.</summary>
    public static QubiqTask FindTask(string data, string? name)
    {
        try
        {
            return QubiqDataset.FindTask(data, name);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    /// <summary>
    /// The bytes that the cases take in training on slices of this side. It is computed from the size of the first case: four bytes for
    /// each value of an image, and one bit for each pixel of a mask at its own size.
    /// </summary>
    public long MemoryAt(int side)
    {
        (int channels, int height, int width) = SliceReader.ReadSize(Cases[0].ImagePaths[0]);
        return Cases.Sum(raterCase =>
            (4L * Math.Max(channels, raterCase.ImagePaths.Count) * side * side)
            + (((long)raterCase.AnnotationPaths.Count * height * width) / 8));
    }

    /// <summary>The cases as rows.</summary>
    public IDataView View(MLContext ml) => Structures.Count == 0
        ? ml.Data.LoadFromCases(Cases)
        : ml.Data.LoadFromStructures([.. Structures.Select(each => new StructureCases(each.Structure!, each.Cases))]);

    private static CaseSource ListManifest(
        Terminal terminal,
        string path,
        string? task,
        string? split,
        string splitByDefault,
        MissingRaters? missingRaters)
    {
        (DatasetManifest whole, string? part) = ReadManifest(path, split, splitByDefault);
        EnsureTask(whole, path, task);
        DatasetManifest manifest = task is null ? whole : whole.ForStructure(task);
        CaseListing listing = manifest.List(part, missingRaters);
        WarnOf(listing, terminal);
        return new(manifest.Name, part ?? AllCases, manifest.Levels, missingRaters
            ?? manifest.MissingRaters, listing.Cases, QubiqTask.MirrorOf(manifest.Name))
        {
            Structure = task,
            Others = part is null ? [] : [.. manifest.Splits.Where(other => other != part)
                .Select(other => new DatasetSplit(other, OrNone(() => [.. manifest.AllCases(other)])))],
        };
    }

    /// <summary>Checks that --task names a structure of a manifest that has several, and is not given for any other manifest.</summary>
    private static void EnsureTask(DatasetManifest manifest, string path, string? task, bool isImages = false)
    {
        if (manifest.Structures.Count == 0)
        {
            if (task is not null)
            {
                throw new UsageException(
                    $"Option --task belongs to a folder of sets; the manifest '{path}' describes one set, {manifest.Name}.");
            }
        }
        else if (!isImages && (task is null || !manifest.Structures.Contains(task, StringComparer.Ordinal)))
        {
            throw new UsageException(
                $"{(task is null ? "--task is not given" : $"'{task}' is not a value of --task here")}: '{path}' has the structures "
                + $"{string.Join(", ", manifest.Structures)}; name one of them.");
        }
    }

    private static (DatasetManifest Manifest, string? Split) ReadManifest(string path, string? split, string splitByDefault)
    {
        DatasetManifest manifest = DatasetManifest.Read(path);
        string? part = split ?? (manifest.Splits.Count > 0 ? splitByDefault : null);
        if (part is not null && !manifest.Splits.Contains(part))
        {
            string problem = split is null
                ? $"'{path}' has no split '{part}', which is the default of --split"
                : $"'{part}' is not a value of --split";
            throw new UsageException(manifest.Splits.Count == 0
                ? $"'{part}' is not a value of --split: the cases of '{path}' are in no split; leave --split out."
                : $"{problem}; it must be one of {string.Join(", ", manifest.Splits)}.");
        }

        return (manifest, part);
    }

    private static void WarnOf(CaseListing listing, Terminal terminal)
    {
        foreach (string warning in listing.Warnings)
        {
            terminal.Warn(warning);
        }
    }

    private static QubiqSplit ParseSplit(string name) => name switch
    {
        "train" => QubiqSplit.Train,
        "val" => QubiqSplit.Validation,
        _ => throw new UsageException($"'{name}' is not a value of --split; it must be train or val."),
    };

    /// <summary>
    /// The images of other splits, without their masks. Nobody asked for these splits, so a failure to list them is ignored.
    /// </summary>
    private static IEnumerable<RaterCase> OrNone(Func<IReadOnlyList<RaterCase>> list)
    {
        IReadOnlyList<RaterCase> cases;
        try
        {
            cases = list();
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (RaterCase raterCase in cases)
        {
            yield return raterCase with { AnnotationPaths = [], RaterNames = [] };
        }
    }
}
