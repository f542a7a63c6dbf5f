namespace Consensus.Imaging.Storage;

/// <summary>
/// A lock on a folder, for programs whose processes may work in the same folder at the same time. While the lock is held, no other process
/// and no other thread can take it. Dispose it to release the lock.
/// </summary>
/// <remarks>
/// <para>
/// Two things protect the folder. The operating system locks the file <c>.lock</c>, and releases it when the process ends for any reason.
/// The file stays in the folder: if it were deleted, two processes could lock two different files of the same name. But on some network
/// file systems, and where one folder is mounted twice, such a lock holds back nobody.
/// </para>
/// <para>
/// So the owner also leaves a record, <c>.owner-N.json</c>, which says who it is. It gives a sign of life every 15 seconds. A process
/// that gets the operating system's lock and finds a record is refused while that owner lives. It takes over, with a record of the next
/// number, from an owner that is gone: one whose process on this machine has ended, one that was an earlier start of the same Slurm job,
/// or one on another machine that gave no sign of life for 90 seconds while this process watched. Clocks are not compared.
/// </para>
/// <para>
/// An owner that was only silent, such as a process that was suspended, finds out before it publishes its next result: it calls
/// <see cref="EnsureHeld"/>, which reads its record, or publishes with <see cref="AtomicFile.Write(string, Action{Stream}, FolderLock)"/>.
/// Only a takeover in the moment between that read and the rename that follows it is not seen.
/// </para>
/// </remarks>
public sealed class FolderLock : IDisposable
{
    /// <summary>The name of the file in the folder that the operating system locks.</summary>
    public const string FileName = ".lock";

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(50);

    private readonly string _folder;
    private readonly FileStream _file;
    private readonly OwnerRecords _records;
    private readonly OwnerRecord _mine;
    private readonly LockSurroundings _surroundings;
    private readonly ITimer _signs;
    private volatile bool _lost;

    internal FolderLock(
        string folder, FileStream file, OwnerRecords records, OwnerRecord mine, OwnerRecord? before, LockSurroundings surroundings)
    {
        (_folder, _file, _records, _mine, _surroundings) = (folder, file, records, mine, surroundings);
        Predecessor = before;
        _signs = surroundings.Time.CreateTimer(_ => GiveSign(), null, OwnerWatch.BetweenSigns, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The record of the owner from which this lock was taken over; null if the folder was free.</summary>
    internal OwnerRecord? Predecessor { get; }

    /// <summary>Takes the lock of a folder.</summary>
    /// <param name="folder">The folder, which must exist.</param>
    /// <exception cref="IOException">Another process or thread holds the lock, or the folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no permission to write to the folder.</exception>
    public static FolderLock Take(string folder)
    {
        LockAttempt attempt = FolderTaking.Try(folder, LockSurroundings.OfThisProcess);
        return attempt.Lock ?? throw new IOException(
            $"'{folder}' is in use{(attempt.Holder is null ? "" : $" by {attempt.Holder}")}.", attempt.Cause);
    }

    /// <summary>Takes the lock of a folder if it is free.</summary>
    /// <param name="folder">The folder, which must exist.</param>
    /// <returns>
    /// The lock, or null if another process or thread holds it. Null also for an owner on another machine that has to be watched: call the
    /// method again for as long as the folder is wanted.
    /// </returns>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no permission to write to the folder.</exception>
    public static FolderLock? TryTake(string folder) => FolderTaking.Try(folder, LockSurroundings.OfThisProcess).Lock;

    /// <summary>Takes the lock of a folder, and waits until it is free.</summary>
    /// <param name="folder">The folder, which must exist.</param>
    /// <param name="waiting">Called once before the first wait; may be null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no permission to write to the folder.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the message names the folder.</exception>
    public static FolderLock Wait(string folder, Action? waiting, CancellationToken cancellation) => FolderTaking.Wait(
        folder,
        waiting,
        LockSurroundings.OfThisProcess with { Pause = cancelled => cancelled.WaitHandle.WaitOne(BetweenTries) },
        cancellation);

    /// <summary>Whether a file of this name in a folder belongs to its lock.</summary>
    /// <param name="name">The name, without the folder.</param>
    public static bool IsLockFile(string name) => name == FileName || OwnerRecords.IsName(name);

    /// <summary>Makes sure that no other process has taken the folder over. It reads one small file.</summary>
    /// <exception cref="FolderTakenException">Another process has; the message names it.</exception>
    /// <exception cref="IOException">The folder cannot be read, so that it is not known.</exception>
    public void EnsureHeld()
    {
        EnsureNotLost();
        if (_records.Read(_mine.Number)?.HasOwnerOf(_mine) != true)
        {
            _lost = true;
            EnsureNotLost();
        }
    }

    /// <summary>Throws if it is known already that another process has taken the folder over. It costs nothing.</summary>
    /// <exception cref="FolderTakenException">Another process has; the message names it.</exception>
    internal void EnsureNotLost()
    {
        if (_lost)
        {
            throw new FolderTakenException(
                $"'{_folder}' does not belong to this run any more: {(Latest()?.Holder is { } other
                    ? $"it is in use by {other}"
                    : "its owner's record was removed")}. This run ends, and writes nothing more there.");
        }
    }

    /// <summary>Tests whether the file system of the folder does what the lock needs.</summary>
    /// <returns>What it does not do, so that only the owner's record protects the folder; null if it does all.</returns>
    /// <exception cref="IOException">It cannot even keep a record; the message says why.</exception>
    internal string? TestFileSystem() => FileSystemTest.Run(_folder, _records, _mine.Number, _surroundings);

    /// <inheritdoc/>
    public void Dispose()
    {
        _signs.Dispose();
        try
        {
            if (_records.Read(_mine.Number)?.HasOwnerOf(_mine) == true)
            {
                _records.Remove(_mine.Number);
            }
        }
        catch (IOException)
        {
            // A later owner finds the record, and that this process is gone.
        }

        _file.Dispose();
    }

    private void GiveSign()
    {
        try
        {
            if (_records.Read(_mine.Number)?.HasOwnerOf(_mine) == true)
            {
                _records.Touch(_mine.Number, _surroundings.Time.GetUtcNow());
            }
            else
            {
                _lost = true;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next sign may succeed. If too many fail, another process may take over, and this one finds out.
        }

        // Only now, so that signs do not pile up while a file system does not answer.
        _signs.Change(OwnerWatch.BetweenSigns, Timeout.InfiniteTimeSpan);
    }

    private OwnerRecord? Latest()
    {
        try
        {
            return _records.Read(_records.Latest());
        }
        catch (IOException)
        {
            return null;
        }
    }
}
