using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Storage;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Studies.Running;

/// <summary>
/// The folder in which a study keeps its work. <c>study.json</c> describes the study. <c>runs/METHOD/FOLD-seedS</c> holds one training:
/// <c>checkpoints</c> during the training, then <c>model.zip</c> and <c>training.json</c>, and in <c>cases</c> the scores and maps of each
/// held-out case. <c>raters</c> holds how the raters of each held-out case agree, and <c>ensembles/METHOD/FOLD</c> the scores of all seeds
/// of a method together. Every file appears only when it is complete, and a file that exists is not made again. Several processes may share
/// the folder: one process at a time works on a run, and one process at a time writes the study's record or its results.
/// </summary>
internal sealed class StudyFolder
{
    private const string RecordName = "study.json", RunsName = "runs", RatersName = "raters", EnsemblesName = "ensembles";

    private StudyFolder(string path) => Path = path;

    public string Path { get; }

    public static string ReportIn(string path) => System.IO.Path.Combine(path, "report.html");

    /// <summary>The table of results in a folder.</summary>
    public static string TableIn(string path) => System.IO.Path.Combine(path, "results.csv");

    /// <summary>The results as JSON in a folder.</summary>
    public static string ResultsIn(string path) => System.IO.Path.Combine(path, "results.json");

    private string Record => System.IO.Path.Combine(Path, RecordName);

    /// <summary>
    /// Opens the folder for a study. If it already holds a study, that must be the same study. The record of the study is then written,
    /// with the methods, seeds and commands that are new.
    /// </summary>
    /// <param name="path">The folder. It is created when it is missing.</param>
    /// <param name="asked">The record of the study to run.</param>
    /// <param name="resume">Whether to go on with a study that the folder holds, also beside other processes.</param>
    /// <param name="waiting">Called once if another process is writing the study's record; may be null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The folder cannot be made or written to.</exception>
    /// <exception cref="InvalidOperationException">The folder holds a study that is not to be resumed, or other files.</exception>
    /// <exception cref="InvalidDataException">
    /// The folder holds another study, or a record of a newer format; the message says what differs.
    /// </exception>
    /// <exception cref="OperationCanceledException">Waiting was cancelled.</exception>
    public static StudyFolder Open(
        string path,
        StudyRecord asked,
        bool resume,
        Action? waiting = null,
        CancellationToken cancellation = default)
    {
        using FolderLock held = Take(path, waiting, cancellation);
        var folder = new StudyFolder(path);
        if (File.Exists(folder.Record))
        {
            if (!resume)
            {
                throw new InvalidOperationException(
                    $"'{path}' holds a study already: go on with it ({nameof(StudyOptions)}.{nameof(StudyOptions.Resume)}, "
                    + "or --resume), or use another folder.");
            }

            StudyJson.Write(folder.Record, folder.Join(asked), held);
            return folder;
        }

        // Hidden files do not count: those of the lock, and one that a process was about to write when it was killed.
        if (Directory.EnumerateFileSystemEntries(path)
            .Select(System.IO.Path.GetFileName)
            .FirstOrDefault(name => !name!.StartsWith('.')) is { } other)
        {
            throw new InvalidOperationException(
                $"'{path}' is not empty and holds no study (there is '{other}'): use a new or an empty folder.");
        }

        StudyJson.Write(folder.Record, asked, held);
        return folder;
    }

    /// <summary>The folder of a study, which stays as it is. Null where it holds none.</summary>
    public static StudyFolder? Find(string path)
    {
        var folder = new StudyFolder(path);
        return File.Exists(folder.Record) ? folder : null;
    }

    /// <summary>The record of the whole study, with the methods and seeds that other processes have added.</summary>
    public StudyRecord Read() => StudyJson.Read<StudyRecord>(Record);

    /// <summary>
    /// Waits until no other process writes the study's record or results. Then no other process can, until the lock is disposed.
    /// </summary>
    /// <exception cref="OperationCanceledException">Waiting was cancelled.</exception>
    public FolderLock Hold(Action? waiting, CancellationToken cancellation) => FolderLock.Wait(Path, waiting, cancellation);

    /// <summary>The files of a run.</summary>
    public RunFolder FilesOf(StudyRun run) => FilesOf(Path, run);

    /// <summary>The files of a run of a study in a folder, which need not exist.</summary>
    public static RunFolder FilesOf(string path, StudyRun run) =>
        new(System.IO.Path.Combine(path, RunsName, run.Method.Name, Text.Invariant($"{FileName(run.Fold.Name)}-seed{run.Seed}")));

    /// <summary>The record of how the raters of a case agree.</summary>
    public string RatersOf(string name) => System.IO.Path.Combine(Path, RatersName, CaseFileName(name) + ".json");

    /// <summary>The record of a case's scores for all seeds of a method together.</summary>
    /// <param name="run">A run of the method in the case's fold.</param>
    /// <param name="name">The case.</param>
    public string EnsembleOf(StudyRun run, string name) => System.IO.Path.Combine(
        Path, EnsemblesName, run.Method.Name, FileName(run.Fold.Name), CaseFileName(name) + ".json");

    private StudyRecord Join(StudyRecord asked)
    {
        StudyRecord here = Read();
        if (here.FormatVersion > StudyRecord.CurrentFormatVersion)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{Record}' has format version {here.FormatVersion}; this version of Consensus.ML reads up to "
                + $"{StudyRecord.CurrentFormatVersion}. Update Consensus.ML."));
        }

        if (asked.DifferencesFrom(here) is { } differences)
        {
            throw new InvalidDataException($"'{Path}' holds another study: {differences}. Use its data and options, or another folder.");
        }

        return here.With(asked);
    }

    /// <summary>A name that a file can have. Where characters had to be replaced, a hash keeps different names apart.</summary>
    internal static string FileName(string name) => FileName(name, alwaysHash: false);

    private static string FileName(string name, bool alwaysHash)
    {
        string plain = string.Concat(name.Where(letter => letter != ' ')
            .Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '_'));
        return !alwaysHash && plain == name.Replace(" ", "", StringComparison.Ordinal) && plain.Length is > 0 and < 100 && plain[0] != '.'
            ? plain
            : $"{plain[..Math.Min(plain.Length, 80)].TrimStart('.')}-{Hash(name)}";
    }

    private static string Hash(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..8];

    /// <summary>
    /// The name of a case as a file name. Different cases have different file names: "a b" is not "ab". On Windows "con" is a device.
    /// </summary>
    internal static string CaseFileName(string name)
    {
        bool isDevice = NameText.IsDevice(name);
        return (isDevice ? "_" : "") + FileName(name, alwaysHash: isDevice || name.Contains(' ', StringComparison.Ordinal));
    }

    /// <summary>Makes the folder if it is missing, and locks it.</summary>
    private static FolderLock Take(string path, Action? waiting, CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(path);
            return FolderLock.Wait(path, waiting, cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Cannot write to '{path}': {exception.Message}", exception);
        }
    }
}

/// <summary>The files of one run.</summary>
/// <param name="path">The folder.</param>
/// <param name="held">The lock of the folder, for a process that writes there; null otherwise.</param>
internal sealed class RunFolder(string path, FolderLock? held = null)
{
    /// <summary>The lock of the folder, which this process must hold to write there.</summary>
    public FolderLock Held => held ?? throw new InvalidOperationException($"'{path}' is not held.");

    public string Path => path;

    public string Checkpoints => System.IO.Path.Combine(path, "checkpoints");

    public string Model => System.IO.Path.Combine(path, "model.zip");

    public string Training => System.IO.Path.Combine(path, "training.json");

    /// <summary>Whether the model is trained and saved. training.json is written last.</summary>
    public bool IsTrained => File.Exists(Training) && File.Exists(Model);

    /// <summary>Whether a case is predicted and scored. Its scores are written last.</summary>
    public bool IsScored(string name) => File.Exists(Case(name)) && File.Exists(Maps(name));

    /// <summary>Whether nothing is left to do for these cases.</summary>
    public bool IsDone(IEnumerable<RaterCase> cases) =>
        IsTrained && !Directory.Exists(Checkpoints) && cases.All(raterCase => IsScored(raterCase.Name));

    public string Case(string name) => CaseFile(name, ".json");

    public string Maps(string name) => CaseFile(name, ".png");

    public string Steps(string name) => CaseFile(name, "_steps.png");

    private string CaseFile(string name, string extension) =>
        System.IO.Path.Combine(path, "cases", StudyFolder.CaseFileName(name) + extension);
}
