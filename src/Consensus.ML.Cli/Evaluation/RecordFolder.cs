using System.Globalization;
using System.Text.Json;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>A folder with a manifest and one record for each case that is done. Several processes may work in it.</summary>
internal sealed class RecordFolder
{
    private const string ManifestName = "manifest.json";

    private readonly string _path;
    private readonly string _hash;
    private readonly RecordCheck _check;

    private RecordFolder(string path, EvaluationManifest manifest, string hash)
    {
        (_path, Manifest, _hash) = (path, manifest, hash);
        _check = new(manifest, hash);
    }

    /// <summary>What the records belong to.</summary>
    public EvaluationManifest Manifest { get; }

    /// <summary>Whether a folder holds a manifest of records.</summary>
    public static bool Holds(string path) => File.Exists(Path.Combine(path, ManifestName));

    /// <summary>Refuses a report inside the folder: it would look like a record that does not belong there.</summary>
    /// <exception cref="UsageException">The file would lie in the folder.</exception>
    public static void EnsureOutside(string path, string report)
    {
        if (report != "-" && Path.GetDirectoryName(Path.GetFullPath(report)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))
        {
            throw new UsageException($"'{report}' would lie among the records in '{path}': give --json a file elsewhere.");
        }
    }

    /// <summary>Opens the folder of records that other processes have written.</summary>
    /// <exception cref="IOException">There is no manifest, or it cannot be read.</exception>
    /// <exception cref="InvalidDataException">The manifest is damaged, or of a newer format.</exception>
    public static RecordFolder Open(string path) =>
        Read(path) ?? throw new FileNotFoundException($"'{path}' holds no records: there is no {ManifestName} in it.");

    /// <summary>
    /// Opens the folder for the records of a run. The first process writes the manifest; for all others the manifest in the folder must be
    /// the manifest of their own run.
    /// </summary>
    /// <param name="path">The folder. It is created when it is missing.</param>
    /// <param name="create">
    /// Makes the manifest of this run. It gets the manifest in the folder, null where there is none, and may take from it what this process
    /// does not use.
    /// </param>
    /// <param name="cancellation">Ends the wait for another process.</param>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">
    /// The folder holds records of another run (the message says what differs), or files that are no records.
    /// </exception>
    public static RecordFolder Open(string path, Func<EvaluationManifest?, EvaluationManifest> create, CancellationToken cancellation)
    {
        RecordFolder? there = Read(path);
        EvaluationManifest mine = create(there?.Manifest);
        if (there is null)
        {
            Directory.CreateDirectory(path);
            using FolderLock held = FolderLock.Wait(path, null, cancellation);

            // Another process may have been faster.
            there = Read(path);
            if (there is null)
            {
                EnsureNoRecords(path);
                RecordJson.Write(Path.Combine(path, ManifestName), mine);
                there = Read(path) ?? throw new IOException($"'{path}' has lost its {ManifestName}.");
            }
        }

        return ManifestDifferences.Describe(mine, there.Manifest) is { } differences
            ? throw new InvalidDataException(
                $"'{path}' holds the records of another run: {differences}. Use its model, cases and options, or another folder.")
            : there;
    }

    /// <summary>Whether a case has a record.</summary>
    /// <exception cref="InvalidDataException">The record is damaged or belongs to another run; the message names it.</exception>
    public bool Has(int index)
    {
        string file = PathOf(index);
        return File.Exists(file) && (_check.Problem(index, file, out _) is { } problem
            ? throw new InvalidDataException($"{problem} Remove it, or give --overwrite to score its case again.")
            : true);
    }

    /// <summary>Writes the record of a case, or replaces it.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public string Write(int index, CaseMetrics scores)
    {
        string file = PathOf(index);
        RecordJson.Write(
            file,
            new EvaluationRecord(
                EvaluationRecord.CurrentFormatVersion, _hash, index, scores with { Group = Manifest.Cases[index].Group }));
        return file;
    }

    /// <summary>Every reason why the records are not those of all cases, each in a sentence that names the file and the case.</summary>
    /// <param name="scores">The scores of all cases; incomplete where there is a reason.</param>
    public IReadOnlyList<string> Problems(out IReadOnlyList<CaseMetrics> scores)
    {
        var problems = new List<string>();
        var found = new List<CaseMetrics>();
        for (int i = 0; i < Manifest.Cases.Count; i++)
        {
            string file = PathOf(i);
            if (!File.Exists(file))
            {
                problems.Add($"{_check.CaseText(i)} has no record: '{file}' is missing.");
            }
            else if (_check.Problem(i, file, out CaseMetrics? one) is { } problem)
            {
                problems.Add(problem);
            }
            else
            {
                found.Add(one!);
            }
        }

        HashSet<string> expected = [.. Enumerable.Range(0, Manifest.Cases.Count).Select(FileName)];
        problems.AddRange(
            Others(_path).Where(name => !expected.Contains(name))
                .Select(name => _check.Surplus(Path.Combine(_path, name), PathOf))
                .OfType<string>());
        scores = found;
        return problems;
    }

    /// <summary>The scores of all cases, with the intervals of their means.</summary>
    /// <exception cref="InvalidDataException">A record is missing, or does not belong here; the message names the first.</exception>
    public SegmentationMetrics Read()
    {
        IReadOnlyList<string> problems = Problems(out IReadOnlyList<CaseMetrics> scores);
        return problems.Count == 0 ? new(scores, Manifest.Settings.Options) : throw new InvalidDataException(problems[0]);
    }

    private static RecordFolder? Read(string path)
    {
        string file = Path.Combine(path, ManifestName);
        if (!File.Exists(file))
        {
            return null;
        }

        string text = File.ReadAllText(file);
        if (!SealedJson.IsIntact(text))
        {
            throw new InvalidDataException($"'{file}' was changed or cut short: {RecordCheck.Seal(text)}");
        }

        EvaluationManifest manifest;
        try
        {
            manifest = RecordJson.Parse<EvaluationManifest>(text);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{file}' is no manifest of records: {exception.Message}", exception);
        }

        if (manifest.Kind != EvaluationManifest.Evaluation)
        {
            throw new InvalidDataException(
                $"'{file}' is no manifest of an evaluation: its kind is '{NameText.Printable(manifest.Kind)}'.");
        }

        return manifest.FormatVersion <= EvaluationManifest.CurrentFormatVersion
            ? new(path, manifest, SealedJson.HashIn(text)!)
            : throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{file}' has format version {manifest.FormatVersion}; this version of 'consensus' reads up to "
                + $"{EvaluationManifest.CurrentFormatVersion}. Update it."));
    }

    /// <summary>The files beside the manifest. Hidden files, such as those being written, do not count.</summary>
    private static IEnumerable<string> Others(string path) =>
        Directory.EnumerateFiles(path)
            .Select(file => Path.GetFileName(file))
            .Where(name => !name.StartsWith('.') && name != ManifestName)
            .Order(StringComparer.Ordinal);

    private static void EnsureNoRecords(string path)
    {
        if (Others(path).FirstOrDefault(name => name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) is { } other)
        {
            throw new InvalidDataException(
                $"'{path}' holds '{NameText.Printable(other)}' and no {ManifestName}: use a new or an empty folder for the records.");
        }
    }

    private string PathOf(int index) => Path.Combine(_path, FileName(index));

    private static string FileName(int index) => string.Create(CultureInfo.InvariantCulture, $"case-{index:D6}.json");
}
