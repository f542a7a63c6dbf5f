namespace Consensus.Imaging.Storage;

/// <summary>
/// Locks a folder against other processes and other threads. The operating system releases the lock when the process ends, even after a
/// crash. The lock file stays: if it were deleted, two processes could hold locks on files of the same name.
/// </summary>
internal sealed class FileLock : IDisposable
{
    public const string Name = ".lock";

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Locks an existing folder.</summary>
    /// <exception cref="IOException">Another process or thread holds it, or it cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public static FileLock Take(string folder) =>
        new(new FileStream(Path.Combine(folder, Name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));

    /// <summary>The same; null where another process or thread holds the folder.</summary>
    /// <exception cref="IOException">It cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public static FileLock? TryTake(string folder)
    {
        try
        {
            return Take(folder);
        }
        catch (IOException exception) when (IsHeldByAnother(exception))
        {
            return null;
        }
    }

    /// <summary>Locks an existing folder, and waits until no other process or thread holds it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="waiting">Called once if another process holds the folder; may be null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="pause">Passes the time between two tries; null for 50 milliseconds, or until the wait is cancelled.</param>
    /// <exception cref="IOException">It cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    /// <exception cref="OperationCanceledException">Waiting was cancelled; the message says for what.</exception>
    public static FileLock Wait(string folder, Action? waiting, CancellationToken cancellation, Action? pause = null)
    {
        pause ??= () => cancellation.WaitHandle.WaitOne(BetweenTries);
        while (true)
        {
            if (TryTake(folder) is { } taken)
            {
                return taken;
            }

            waiting?.Invoke();
            waiting = null;
            pause();
            if (cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException($"Interrupted while another process held '{folder}'.", cancellation);
            }
        }
    }

    /// <summary>
    /// Whether a file could not be opened because another process or thread holds it: ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION on
    /// Windows, else EWOULDBLOCK of flock(2).
    /// </summary>
    private static bool IsHeldByAnother(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xffff) is 32 or 33
        : exception.HResult == (OperatingSystem.IsLinux() ? 11 : 35);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
