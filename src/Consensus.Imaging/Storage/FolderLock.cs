namespace Consensus.Imaging.Storage;

/// <summary>
/// A lock on a folder, for programs whose processes may work in the same folder at the same time. While the lock is held, no other process
/// and no other thread can take it. Dispose it to release the lock.
/// </summary>
/// <remarks>
/// The operating system releases the lock when the process ends for any reason. The file of the lock stays in the folder. If it were
/// deleted, two processes could lock two different files of the same name.
/// </remarks>
public sealed class FolderLock : IDisposable
{
    /// <summary>The name of the lock's file in the folder.</summary>
    public const string FileName = ".lock";

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a folder.</summary>
    /// <param name="folder">The folder, which must exist.</param>
    /// <exception cref="IOException">Another process or thread holds the lock, or the folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no permission to write to the folder.</exception>
    public static FolderLock Take(string folder) =>
        new(new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));

    /// <summary>Takes the lock of a folder if it is free.</summary>
    /// <param name="folder">The folder, which must exist.</param>
    /// <returns>The lock, or null if another process or thread holds it.</returns>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no permission to write to the folder.</exception>
    public static FolderLock? TryTake(string folder)
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

    /// <summary>Takes the lock of a folder, and waits until it is free.</summary>
    /// <param name="folder">The folder, which must exist.</param>
    /// <param name="waiting">Called once before the first wait; may be null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no permission to write to the folder.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the message names the folder.</exception>
    public static FolderLock Wait(string folder, Action? waiting, CancellationToken cancellation) =>
        Wait(folder, waiting, () => cancellation.WaitHandle.WaitOne(BetweenTries), cancellation);

    /// <summary>Does the same, with a given action between two tries.</summary>
    internal static FolderLock Wait(string folder, Action? waiting, Action pause, CancellationToken cancellation)
    {
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
    /// Whether a file could not be opened because another process has it open. The errors are ERROR_SHARING_VIOLATION and
    /// ERROR_LOCK_VIOLATION on Windows, and EWOULDBLOCK of flock(2) elsewhere.
    /// </summary>
    private static bool IsHeldByAnother(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xffff) is 32 or 33
        : exception.HResult == (OperatingSystem.IsLinux() ? 11 : 35);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
