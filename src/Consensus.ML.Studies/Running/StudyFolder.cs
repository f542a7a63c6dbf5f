namespace Consensus.ML.Studies;

/// <summary>
/// Where a study keeps what it has done. <c>study.json</c> says what it is; <c>runs/METHOD/FOLD-seedS</c> holds one training: <c>checkpoints</c> while it lasts, then <c>model.zip</c> and
/// <c>training.json</c>, and in <c>cases</c> the scores and maps of each held-out case. Every file takes its place whole, and what is in its place is not made again. One process at a time.
/// </summary>
internal sealed class StudyFolder : IDisposable
{
    private const string RecordName = "study.json", LockName = ".lock", RunsName = "runs";

    private readonly FileStream _lock;

    private StudyFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    public string Report => System.IO.Path.Combine(Path, "report.html");

    public string Table => System.IO.Path.Combine(Path, "results.csv");

    public string Results => System.IO.Path.Combine(Path, "results.json");

    /// <summary>Takes hold of the folder.</summary>
    /// <exception cref="IOException">It cannot be made or written to, or another process holds it.</exception>
    /// <exception cref="InvalidOperationException">It holds a study and is not to be resumed, or other files.</exception>
    public static StudyFolder Open(string path, bool resume)
    {
        FileStream held = Hold(path);
        try
        {
            if (File.Exists(System.IO.Path.Combine(path, RecordName)))
            {
                return resume ? new(path, held) : throw new InvalidOperationException(
                    $"'{path}' holds a study already: go on with it ({nameof(StudyOptions)}.{nameof(StudyOptions.Resume)}, or --resume), or use another folder.");
            }

            string? other = Directory.EnumerateFileSystemEntries(path).Select(System.IO.Path.GetFileName).FirstOrDefault(name => name != LockName);
            return other is null ? new(path, held) : throw new InvalidOperationException($"'{path}' is not empty and holds no study (there is '{other}'): use a new or an empty folder.");
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Makes sure that what is asked for is the study that is here, and writes down what it is with what is new.</summary>
    /// <returns>The whole study: what was here and what is asked for in addition.</returns>
    /// <exception cref="InvalidDataException">Another study is here, or one of a newer format; the message says what differs.</exception>
    public StudyRecord Take(StudyRecord asked)
    {
        string path = System.IO.Path.Combine(Path, RecordName);
        if (!File.Exists(path))
        {
            StudyJson.Write(path, asked);
            return asked;
        }

        StudyRecord here = StudyJson.Read<StudyRecord>(path);
        if (here.FormatVersion > StudyRecord.CurrentFormatVersion)
        {
            throw new InvalidDataException($"'{path}' has format version {here.FormatVersion}; this version of Consensus.ML reads up to {StudyRecord.CurrentFormatVersion}. Update Consensus.ML.");
        }

        if (asked.DifferencesFrom(here) is { } differences)
        {
            throw new InvalidDataException($"'{Path}' holds another study: {differences}. Use its data and options, or another folder.");
        }

        StudyRecord whole = here.With(asked);
        StudyJson.Write(path, whole);
        return whole;
    }

    public RunFolder Of(StudyRun run) => new(System.IO.Path.Combine(Path, RunsName, run.Method.Name, Text.Invariant($"{FileName(run.Fold.Name)}-seed{run.Seed}")));

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    /// <summary>A name as a file can have it; what had to be replaced is told apart by a hash.</summary>
    internal static string FileName(string name)
    {
        string plain = string.Concat(name.Where(letter => letter != ' ').Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '_'));
        return plain == name.Replace(" ", "", StringComparison.Ordinal) && plain.Length is > 0 and < 100 && plain[0] != '.'
            ? plain
            : $"{plain[..Math.Min(plain.Length, 80)].TrimStart('.')}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)))[..8]}";
    }

    private static FileStream Hold(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            return new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            bool isHeld = exception is IOException && File.Exists(System.IO.Path.Combine(path, LockName));
            throw new IOException(isHeld ? $"'{path}' is in use: another study runs in it." : $"Cannot write to '{path}': {exception.Message}", exception);
        }
    }
}

/// <summary>The files of one run.</summary>
internal sealed class RunFolder(string path)
{
    public string Checkpoints => System.IO.Path.Combine(path, "checkpoints");

    public string Model => System.IO.Path.Combine(path, "model.zip");

    public string Training => System.IO.Path.Combine(path, "training.json");

    /// <summary>Whether the model is trained and saved; training.json is written last.</summary>
    public bool IsTrained => File.Exists(Training) && File.Exists(Model);

    public string Case(string name) => Of(name, ".json");

    public string Maps(string name) => Of(name, ".png");

    public string Steps(string name) => Of(name, "_steps.png");

    private string Of(string name, string extension) => System.IO.Path.Combine(path, "cases", StudyFolder.FileName(name) + extension);
}
