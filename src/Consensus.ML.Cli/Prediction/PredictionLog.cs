using System.Text;
using Consensus.ML.Cli.Output;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// The log of <c>consensus predict</c>: a file of JSON lines that grows by a whole line for each input. A later run goes on at its end.
/// </summary>
/// <remarks>
/// A line is written with a single call, so a process that is killed leaves whole lines. If a machine fails or a disk is full, a part of a
/// line may stay; the next line replaces it. A process keeps the file for itself as long as it runs.
/// </remarks>
internal sealed class PredictionLog : IDisposable
{
    private static readonly byte[] Start = "{\"formatVersion\":1,\"case\":"u8.ToArray();

    private readonly string _path;
    private readonly FileStream _stream;

    private PredictionLog(string path, FileStream stream) => (_path, _stream) = (path, stream);

    /// <summary>Opens a log, and cuts off the part of a line that may stand at its end.</summary>
    /// <exception cref="IOException">The file cannot be written, or another process writes to it.</exception>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static PredictionLog Open(string path)
    {
        FileStream? stream = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            EnsureLog(path, stream);
            stream.SetLength(EndOfWholeLines(stream));
            stream.Position = stream.Length;
            return new(path, stream);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            stream?.Dispose();
            throw exception is InvalidDataException ? exception : new IOException(
                $"Cannot write the log '{path}': {exception.Message} (each process needs its own log).", exception);
        }
    }

    /// <summary>Adds a line.</summary>
    /// <exception cref="NotWrittenException">It cannot be written. The file ends with the line before.</exception>
    public void Write(PredictionRecord record)
    {
        long end = _stream.Length;
        try
        {
            _stream.Write(Encoding.UTF8.GetBytes(JsonOutput.Line(record) + '\n'));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // .NET reports a file that is too long for the disk or the quota as an ArgumentOutOfRangeException.
            _stream.SetLength(end);
            throw new NotWrittenException($"Cannot write the log '{_path}': {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    /// <summary>Refuses a file that is no log, since its end would be changed.</summary>
    private static void EnsureLog(string path, FileStream stream)
    {
        byte[] start = new byte[Math.Min(Start.Length, stream.Length)];
        stream.ReadExactly(start);
        if (!Start.AsSpan(0, start.Length).SequenceEqual(start))
        {
            throw new InvalidDataException(
                $"'{path}' is no log that this version of 'consensus predict' wrote; give --log another name, or remove the file.");
        }
    }

    private static long EndOfWholeLines(FileStream stream)
    {
        byte[] block = new byte[64 * 1024];
        for (long end = stream.Length; end > 0;)
        {
            int length = (int)Math.Min(block.Length, end);
            stream.Position = end - length;
            stream.ReadExactly(block, 0, length);
            int at = Array.LastIndexOf(block, (byte)'\n', length - 1, length);
            if (at >= 0)
            {
                return end - length + at + 1;
            }

            end -= length;
        }

        return 0;
    }

    /// <summary>A line could not be written.</summary>
    public sealed class NotWrittenException(string message, Exception cause) : IOException(message, cause);
}
