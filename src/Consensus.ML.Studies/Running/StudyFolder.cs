using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Storage;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Studies.Running;

/// <summary>
/// Where a study keeps what it has done. <c>study.json</c> says what it is; <c>runs/METHOD/FOLD-seedS</c> holds one training:
/// <c>checkpoints</c> while it lasts, then <c>model.zip</c> and <c>training.json</c>, and in <c>cases</c> the scores and maps of each
/// held-out case. Every file takes its place whole, and what is in its place is not made again. Several processes may share it: each run
/// is one process's at a time, and so is the folder itself while its record or its results are written.
/// </summary>
internal sealed class StudyFolder
{
    private const string RecordName = "study.json", RunsName = "runs";

    private StudyFolder(string path) => Path = path;

    public string Path { get; }

    public string Report => System.IO.Path.Combine(Path, "report.html");

    public string Table => System.IO.Path.Combine(Path, "results.csv");

    public string Results => System.IO.Path.Combine(Path, "results.json");

    private string Record => System.IO.Path.Combine(Path, RecordName);

    /// <summary>
    /// Opens the folder for a study: makes sure that what is asked for is the study that is there, if any, and writes down what
    /// it is with what is new.
    /// </summary>
    /// <param name="path">The folder; created when missing.</param>
    /// <param name="asked">The study.</param>
    /// <param name="resume">Whether a study that is there is gone on with, beside other processes where they are at it.</param>
    /// <param name="waiting">Told once where it has to wait for another process that is writing the study's record; may be null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">It cannot be made or written to.</exception>
    /// <exception cref="InvalidOperationException">It holds a study and is not to be resumed, or other files.</exception>
    /// <exception cref="InvalidDataException">Another study is there, or one of a newer format; the message says what differs.</exception>
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

            StudyJson.Write(folder.Record, folder.Join(asked));
            return folder;
        }

        if (Directory.EnumerateFileSystemEntries(path)
            .Select(System.IO.Path.GetFileName)
            .FirstOrDefault(name => name != FolderLock.FileName) is { } other)
        {
            throw new InvalidOperationException(
                $"'{path}' is not empty and holds no study (there is '{other}'): use a new or an empty folder.");
        }

        StudyJson.Write(folder.Record, asked);
        return folder;
    }

    /// <summary>The whole study, with what other processes have asked for in addition.</summary>
    public StudyRecord Read() => StudyJson.Read<StudyRecord>(Record);

    /// <summary>Waits until no other process writes the study's record or results, and keeps others from it.</summary>
    /// <exception cref="OperationCanceledException">Waiting was cancelled.</exception>
    public FolderLock Hold(Action? waiting, CancellationToken cancellation) => FolderLock.Wait(Path, waiting, cancellation);

    public RunFolder Of(StudyRun run) =>
        new(System.IO.Path.Combine(Path, RunsName, run.Method.Name, Text.Invariant($"{FileName(run.Fold.Name)}-seed{run.Seed}")));

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

    /// <summary>A name as a file can have it; what had to be replaced is told apart by a hash.</summary>
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
    /// A case's name as a file can have it, another for each case: "a b" is not "ab", and Windows takes "con" for a device.
    /// </summary>
    internal static string CaseFileName(string name)
    {
        bool isDevice = NameText.IsDevice(name);
        return (isDevice ? "_" : "") + FileName(name, alwaysHash: isDevice || name.Contains(' ', StringComparison.Ordinal));
    }

    /// <summary>Takes hold of a folder that need not be there yet.</summary>
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
internal sealed class RunFolder(string path)
{
    public string Path => path;

    public string Checkpoints => System.IO.Path.Combine(path, "checkpoints");

    public string Model => System.IO.Path.Combine(path, "model.zip");

    public string Training => System.IO.Path.Combine(path, "training.json");

    /// <summary>Whether the model is trained and saved; training.json is written last.</summary>
    public bool IsTrained => File.Exists(Training) && File.Exists(Model);

    /// <summary>Whether a case is predicted and scored; its scores are written last.</summary>
    public bool IsScored(string name) => File.Exists(Case(name)) && File.Exists(Maps(name));

    /// <summary>Whether nothing is left to do for these cases.</summary>
    public bool IsDone(IEnumerable<RaterCase> cases) => IsTrained && !Directory.Exists(Checkpoints) && cases.All(one => IsScored(one.Name));

    public string Case(string name) => Of(name, ".json");

    public string Maps(string name) => Of(name, ".png");

    public string Steps(string name) => Of(name, "_steps.png");

    private string Of(string name, string extension) => System.IO.Path.Combine(path, "cases", StudyFolder.CaseFileName(name) + extension);
}
