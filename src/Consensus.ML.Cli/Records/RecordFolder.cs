using System.Globalization;
using System.Text.Json;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Cli.Records;

/// <summary>A folder with a manifest and one record for each case that is done. Several processes may work in it.</summary>
/// <typeparam name="TSettings">The type of the options.</typeparam>
/// <typeparam name="TRecord">The type of a record.</typeparam>
internal sealed class RecordFolder<TSettings, TRecord>
    where TSettings : IRecordSettings
    where TRecord : class, ICaseRecord
{
    private readonly string _path;
    private readonly RecordCheck<TSettings, TRecord> _check;

    private RecordFolder(string path, RecordManifest<TSettings> manifest, string hash)
    {
        (_path, Manifest, Hash) = (path, manifest, hash);
        _check = new(manifest, hash);
    }

    /// <summary>What the records belong to.</summary>
    public RecordManifest<TSettings> Manifest { get; }

    /// <summary>The SHA-256 that the manifest carries, and that each of its records names.</summary>
    public string Hash { get; }

    /// <summary>Opens the folder of records that other processes have written.</summary>
    /// <exception cref="IOException">There is no manifest, or it cannot be read.</exception>
    /// <exception cref="InvalidDataException">The manifest is damaged, or of a newer format.</exception>
    public static RecordFolder<TSettings, TRecord> Open(string path) => Read(path)
        ?? throw new FileNotFoundException($"'{path}' holds no records: there is no {RecordFiles.ManifestName} in it.");

    /// <summary>
    /// Opens the folder for the records of a run. The first process writes the manifest; for all others the manifest in the folder must be
    /// the manifest of their own run.
    /// </summary>
    /// <param name="path">The folder. It is created when it is missing.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellation">Ends the reading of files, and the wait for another process.</param>
    /// <exception cref="IOException">The folder, or a file of the run, cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">
    /// The folder holds records of another run (the message says what differs), or files that are no records.
    /// </exception>
    public static RecordFolder<TSettings, TRecord> Open(string path, RecordedRun<TSettings> run, CancellationToken cancellation)
    {
        RecordFolder<TSettings, TRecord>? there = Read(path);
        var hashes = new FileHashes(cancellation);
        if (there is null)
        {
            // Of processes that start together one reads the files of all cases. The others wait for it, and read those of their own.
            Directory.CreateDirectory(path);
            using FolderLock held = FolderLock.Wait(path, null, cancellation);
            there = Read(path);
            if (there is null)
            {
                EnsureNoRecords(path);
                RecordManifest<TSettings> first = run.Manifest(null, hashes);
                held.EnsureHeld();
                RecordJson.Write(Path.Combine(path, RecordFiles.ManifestName), first);
                there = Read(path) ?? throw new IOException($"'{path}' has lost its {RecordFiles.ManifestName}.");
            }
        }

        RecordManifest<TSettings> mine = run.Manifest(there.Manifest, hashes);
        return ManifestDifferences.Describe(mine, there.Manifest) is { } differences
            ? throw new InvalidDataException(
                $"'{path}' holds the records of another run: {differences}. Use its model, cases and options, or another folder.")
            : there;
    }

    /// <summary>The record of a case.</summary>
    /// <exception cref="InvalidDataException">It is damaged or belongs to another run; the message names it.</exception>
    public TRecord? Find(int index)
    {
        string file = PathOf(index);
        return !File.Exists(file) ? null : _check.Problem(index, file, out TRecord? record) is { } problem
            ? throw new InvalidDataException($"{problem} Remove it, or give --overwrite to take its case again.")
            : record;
    }

    /// <summary>Writes the record of a case, or replaces it.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public string Write(TRecord record)
    {
        string file = PathOf(record.Index);
        RecordJson.Write(file, record);
        return file;
    }

    /// <summary>Every reason why the records are not those of all cases, each in a sentence that names the file and the case.</summary>
    /// <param name="records">The records of all cases; incomplete where there is a reason.</param>
    public IReadOnlyList<string> Problems(out IReadOnlyList<TRecord> records)
    {
        var problems = new List<string>();
        var found = new List<TRecord>();
        for (int i = 0; i < Manifest.Cases.Count; i++)
        {
            string file = PathOf(i);
            if (!File.Exists(file))
            {
                problems.Add($"{_check.CaseText(i)} has no record: '{file}' is missing.");
            }
            else if (_check.Problem(i, file, out TRecord? one) is { } problem)
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
        records = found;
        return problems;
    }

    /// <summary>The records of all cases, in their order.</summary>
    /// <exception cref="InvalidDataException">A record is missing, or does not belong here; the message names the first.</exception>
    public IReadOnlyList<TRecord> Read()
    {
        IReadOnlyList<string> problems = Problems(out IReadOnlyList<TRecord> records);
        return problems.Count == 0 ? records : throw new InvalidDataException(problems[0]);
    }

    /// <summary>The place and the name of a case, for messages.</summary>
    public string CaseText(int index) => _check.CaseText(index);

    private static RecordFolder<TSettings, TRecord>? Read(string path)
    {
        string file = Path.Combine(path, RecordFiles.ManifestName);
        if (!File.Exists(file))
        {
            return null;
        }

        string text = File.ReadAllText(file);
        if (!SealedJson.IsIntact(text))
        {
            throw new InvalidDataException($"'{file}' was changed or cut short: {RecordJson.WhyNotIntact(text)}");
        }

        if (RecordFiles.KindIn(text) is { } kind && kind != TSettings.Kind)
        {
            throw new InvalidDataException(
                $"'{file}' is the manifest of other records: its kind is '{NameText.Printable(kind)}', and not "
                + $"'{TSettings.Kind}'.");
        }

        RecordManifest<TSettings> manifest;
        try
        {
            manifest = RecordJson.Parse<RecordManifest<TSettings>>(text);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{file}' is no manifest of records: {exception.Message}", exception);
        }

        return manifest.FormatVersion <= TSettings.ManifestVersion
            ? new(path, manifest, SealedJson.HashIn(text)!)
            : throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{file}' has format version {manifest.FormatVersion}; this version of 'consensus' reads up to "
                + $"{TSettings.ManifestVersion}. Update it."));
    }

    /// <summary>The files beside the manifest. Hidden files, such as those being written, do not count.</summary>
    private static IEnumerable<string> Others(string path) =>
        Directory.EnumerateFiles(path)
            .Select(file => Path.GetFileName(file))
            .Where(name => !name.StartsWith('.') && name != RecordFiles.ManifestName)
            .Order(StringComparer.Ordinal);

    private static void EnsureNoRecords(string path)
    {
        if (Others(path).FirstOrDefault(name => name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) is { } other)
        {
            throw new InvalidDataException(
                $"'{path}' holds '{NameText.Printable(other)}' and no {RecordFiles.ManifestName}: use a new or an empty folder for the "
                + "records.");
        }
    }

    private string PathOf(int index) => Path.Combine(_path, FileName(index));

    private static string FileName(int index) => string.Create(CultureInfo.InvariantCulture, $"case-{index:D6}.json");
}
