namespace Consensus.ML.Runtime;

/// <summary>
/// Keeps other processes, and other threads of this one, from a folder. The operating system lets go of it when the process ends, however that comes. The file stays: taking it away
/// would let two processes hold one name.
/// </summary>
internal sealed class FileLock : IDisposable
{
    public const string Name = ".lock";

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Takes hold of a folder that is there.</summary>
    /// <exception cref="IOException">Another holds it, or it cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public static FileLock Take(string folder) => new(new FileStream(Path.Combine(folder, Name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));

    /// <summary>The same; null where another holds it.</summary>
    public static FileLock? Try(string folder)
    {
        try
        {
            return Take(folder);
        }
        catch (IOException) when (File.Exists(Path.Combine(folder, Name)))
        {
            return null;
        }
    }

    /// <summary>Takes hold of a folder that is there, once no other holds it.</summary>
    /// <exception cref="OperationCanceledException">Waiting was cancelled.</exception>
    public static FileLock Wait(string folder, CancellationToken cancellation)
    {
        while (true)
        {
            if (Try(folder) is { } taken)
            {
                return taken;
            }

            cancellation.WaitHandle.WaitOne(BetweenTries);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
