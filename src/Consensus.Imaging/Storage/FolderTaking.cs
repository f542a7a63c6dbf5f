namespace Consensus.Imaging.Storage;

/// <summary>Takes the lock of a folder: the lock of the operating system first, and then the record of the owner.</summary>
internal static class FolderTaking
{
    // More processes than that do not come between two looks at a folder.
    private const int MostTries = 100;

    /// <summary>Takes the lock of a folder, and waits until it is free; see <see cref="FolderLock.Wait"/>.</summary>
    public static FolderLock Wait(string folder, Action? waiting, LockSurroundings surroundings, CancellationToken cancellation)
    {
        while (true)
        {
            if (Try(folder, surroundings).Lock is { } taken)
            {
                return taken;
            }

            waiting?.Invoke();
            waiting = null;
            Pause(folder, surroundings, cancellation);
        }
    }

    /// <summary>Takes the lock of a folder unless its owner lives. An owner on another machine is watched until that is known.</summary>
    /// <param name="folder">The folder, which must exist.</param>
    /// <param name="watching">Called once with the owner before it is watched.</param>
    /// <param name="surroundings">The surroundings.</param>
    /// <param name="cancellation">Ends the watch.</param>
    /// <returns>The lock, or who holds it.</returns>
    /// <exception cref="OperationCanceledException">The watch was cancelled; the message names the folder.</exception>
    public static LockAttempt TryAfterWatch(
        string folder, Action<string?> watching, LockSurroundings surroundings, CancellationToken cancellation)
    {
        bool isTold = false;
        while (true)
        {
            LockAttempt attempt = Try(folder, surroundings);
            if (!attempt.IsUndecided)
            {
                return attempt;
            }

            if (!isTold)
            {
                watching(attempt.Holder);
                isTold = true;
            }

            Pause(folder, surroundings, cancellation);
        }
    }

    /// <summary>Takes the lock of a folder if it is free.</summary>
    public static LockAttempt Try(string folder, LockSurroundings surroundings)
    {
        var records = new OwnerRecords(folder);
        FileStream file;
        try
        {
            file = surroundings.OpenExclusively(Path.Combine(folder, FolderLock.FileName));
        }
        catch (IOException exception) when (IsHeldByAnother(exception))
        {
            return new(null, records.Read(records.Latest())?.Holder, Cause: exception);
        }

        try
        {
            LockAttempt attempt = Try(folder, file, records, surroundings);
            if (attempt.Lock is null)
            {
                file.Dispose();
            }

            return attempt;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static LockAttempt Try(string folder, FileStream file, OwnerRecords records, LockSurroundings surroundings)
    {
        FolderOwner me = surroundings.NewOwner();
        byte[] content = me.Write();
        int number = records.Latest();
        for (int tries = 0; tries < MostTries; tries++)
        {
            OwnerRecord? before = records.Read(number);
            if (before is not null)
            {
                OwnerState state = surroundings.Watch.Judge(folder, before, me, surroundings.IsRunning);
                if (state != OwnerState.Gone)
                {
                    return new(null, before.Holder, IsUndecided: state == OwnerState.Unknown);
                }
            }

            if (!records.TryCreate(number + 1, content))
            {
                // Another process was faster. Its record may be too young to be listed.
                number++;
                continue;
            }

            // Between the look and the creation, others may have taken the folder, ended, and begun to count anew.
            OwnerRecord? now = records.Read(number);
            if (records.Latest() == number + 1
                && (now is null || (before is not null && now.HasOwnerOf(before)))
                && records.Read(number + 1) is { } mine)
            {
                records.RemoveBefore(number + 1);
                return new(new FolderLock(folder, file, records, mine, before, surroundings));
            }

            records.Remove(number + 1);
            number = records.Latest();
        }

        return new(null);
    }

    private static void Pause(string folder, LockSurroundings surroundings, CancellationToken cancellation)
    {
        surroundings.Pause(cancellation);
        if (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException($"Interrupted while another process held '{folder}'.", cancellation);
        }
    }

    /// <summary>
    /// Whether a file could not be opened because another process has it open. The errors are ERROR_SHARING_VIOLATION and
    /// ERROR_LOCK_VIOLATION on Windows, and EWOULDBLOCK of flock(2) elsewhere.
    /// </summary>
    private static bool IsHeldByAnother(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xffff) is 32 or 33
        : exception.HResult == (OperatingSystem.IsLinux() ? 11 : 35);
}
