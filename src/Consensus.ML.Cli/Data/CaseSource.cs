using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Microsoft.ML;

namespace Consensus.ML.Cli.Data;

/// <summary>The cases that <c>--data</c>, <c>--task</c> and <c>--split</c> stand for, listed but not read.</summary>
/// <param name="Name">The set's or task's name, for reports.</param>
/// <param name="Split">The split's name, for reports.</param>
/// <param name="Raters">How many raters a complete case has, which is the number of levels.</param>
/// <param name="MissingRaters">What was done with cases of another number of raters, and is to be done while training.</param>
/// <param name="Cases">The cases, in numeric order; at least one.</param>
/// <param name="Augmentation">How training varies them at full strength.</param>
internal sealed record CaseSource(
    string Name,
    string Split,
    int Raters,
    MissingRaters MissingRaters,
    IReadOnlyList<RaterCase> Cases,
    AugmentationPolicy Augmentation)
{
    /// <summary>How the split of a set without splits is called in reports.</summary>
    private const string AllCases = "all";

    /// <summary>How many groups (patients, volumes) the cases are of; as many as cases where each is its own.</summary>
    public int Groups => Cases.Select(one => one.Group).Distinct(StringComparer.Ordinal).Count();

    /// <summary>The set's other splits where they can be listed, which is done when they are enumerated.</summary>
    public IReadOnlyList<DatasetSplit> Others { get; init; } = [];

    /// <summary>Finds the cases; what is left out is said as a warning.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="data">The folder that holds the set's folder, or is it; or a manifest.</param>
    /// <param name="task">The name of the task; null for the only one there is, and for a manifest.</param>
    /// <param name="split">
    /// The name of the split; null for <paramref name="splitByDefault"/>, or for all cases of a manifest that has no splits.
    /// </param>
    /// <param name="splitByDefault">The split that is meant where none is named.</param>
    /// <param name="missingRaters">
    /// Whether cases that some raters have not drawn are left out or kept; null for the manifest's own rule, and for
    /// the paper's of a folder.
    /// </param>
    /// <exception cref="UsageException">There is no such split or task, or no task was named and there are several.</exception>
    public static CaseSource Find(
        Terminal terminal,
        string data,
        string? task,
        string? split,
        string splitByDefault,
        MissingRaters? missingRaters = null)
    {
        if (File.Exists(data))
        {
            return FindInManifest(terminal, data, task, split, splitByDefault, missingRaters);
        }

        QubiqSplit part = ParseSplit(split ?? splitByDefault);
        QubiqTask found = FindTask(data, task);
        MissingRaters rule = missingRaters ?? MissingRaters.Drop;
        CaseListing listing = QubiqDataset.List(data, found, part, rule);
        WarnOf(listing, terminal);
        AugmentationPolicy augmentation = AugmentationPolicy.Strong with { Mirror = found.Mirror };
        QubiqSplit other = part == QubiqSplit.Train ? QubiqSplit.Validation : QubiqSplit.Train;
        return new(found.Name, Formats.Name(part), found.Raters, rule, listing.Cases, augmentation)
        {
            Others = [new(Formats.Name(other), OrNone(() => QubiqDataset.List(data, found, other, MissingRaters.Fraction).Cases))],
        };
    }

    /// <summary>Finds the images alone, of every case whether it has masks or not.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="data">The folder that holds the set's folder, or is it; or a manifest.</param>
    /// <param name="task">The name of a task or set; null for the only set there is, and for a manifest.</param>
    /// <param name="split">
    /// The name of the split; null for <paramref name="splitByDefault"/>, or for all cases of a manifest that has no splits.
    /// </param>
    /// <param name="splitByDefault">The split that is meant where none is named.</param>
    /// <exception cref="UsageException">There is no such split or set, or none was named and there are several.</exception>
    public static IReadOnlyList<RaterCase> FindImages(Terminal terminal, string data, string? task, string? split, string splitByDefault)
    {
        if (File.Exists(data))
        {
            (DatasetManifest manifest, string? part) = ReadManifest(data, task, split, splitByDefault);
            RaterCase[] images = [.. manifest.AllImages(part)];
            return images.Length > 0 ? images : throw new InvalidDataException($"'{data}' describes no cases.");
        }

        QubiqSplit asked = ParseSplit(split ?? splitByDefault);
        try
        {
            CaseListing listing = QubiqDataset.ListImages(data, task, asked);
            WarnOf(listing, terminal);
            return listing.Cases;
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    /// <summary>Finds a task by name, or the only one there is.</summary>
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
    /// Bytes that training on slices of a side will take for the cases, by the size of the first: the images with four bytes a value, and
    /// the masks at their own size with a bit a pixel.
    /// </summary>
    public long MemoryAt(int side)
    {
        (int channels, int height, int width) = SliceReader.ReadSize(Cases[0].ImagePaths[0]);
        return Cases.Sum(one =>
            (4L * Math.Max(channels, one.ImagePaths.Count) * side * side) + (((long)one.AnnotationPaths.Count * height * width) / 8));
    }

    /// <summary>The cases as rows.</summary>
    public IDataView View(MLContext ml) => ml.Data.LoadFromCases(Cases);

    private static CaseSource FindInManifest(
        Terminal terminal,
        string path,
        string? task,
        string? split,
        string splitByDefault,
        MissingRaters? missingRaters)
    {
        (DatasetManifest manifest, string? part) = ReadManifest(path, task, split, splitByDefault);
        CaseListing listing = manifest.List(part, missingRaters);
        WarnOf(listing, terminal);
        return new(manifest.Name, part ?? AllCases, manifest.Levels, missingRaters
            ?? manifest.MissingRaters, listing.Cases, AugmentationPolicy.Strong with { Mirror = QubiqTask.MirrorOf(manifest.Name) })
        {
            Others = part is null ? [] : [.. manifest.Splits.Where(other => other != part)
                .Select(other => new DatasetSplit(other, OrNone(() => [.. manifest.AllCases(other)])))],
        };
    }

    private static (DatasetManifest Manifest, string? Split) ReadManifest(string path, string? task, string? split, string splitByDefault)
    {
        DatasetManifest manifest = DatasetManifest.Read(path);
        if (task is not null)
        {
            throw new UsageException(
                $"Option --task belongs to a folder of sets; the manifest '{path}' describes one set, {manifest.Name}.");
        }

        string? part = split ?? (manifest.Splits.Count > 0 ? splitByDefault : null);
        if (part is not null && !manifest.Splits.Contains(part))
        {
            string problem = split is null
                ? $"'{path}' has no split '{part}', which is meant where --split is left out"
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

    /// <summary>The images alone of other cases; none where they cannot be listed, for nobody asked for them.</summary>
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

        foreach (RaterCase one in cases)
        {
            yield return one with { AnnotationPaths = [], RaterNames = [] };
        }
    }
}
