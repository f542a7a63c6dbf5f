namespace Consensus.Imaging.Storage;

/// <summary>Writes files so that a failed or interrupted run does not damage the previous file.</summary>
public static class AtomicFile
{
    /// <summary>Writes to a temporary file beside <paramref name="path"/>, and renames it after everything is on disk.</summary>
    /// <param name="path">The file to create or replace. Its folder is created if it does not exist.</param>
    /// <param name="write">Writes the content. If it throws, the temporary file is removed and the previous file stays.</param>
    /// <exception cref="IOException">
    /// The file cannot be written (no space, no permission, a folder of that name); the message names it.
    /// </exception>
    public static void Write(string path, Action<Stream> write) => Write(path, write, beforeRename: null);

    /// <summary>Does the same in a folder that this process holds, if it still holds the folder just before the file is renamed.</summary>
    /// <param name="path">The file to create or replace. Its folder is created if it does not exist.</param>
    /// <param name="write">Writes the content. If it throws, the temporary file is removed and the previous file stays.</param>
    /// <param name="held">The lock of the folder.</param>
    /// <exception cref="FolderTakenException">Another process has taken the folder over. The previous file stays.</exception>
    /// <exception cref="IOException">
    /// The file cannot be written (no space, no permission, a folder of that name); the message names it.
    /// </exception>
    public static void Write(string path, Action<Stream> write, FolderLock held)
    {
        ArgumentNullException.ThrowIfNull(held);
        Write(path, write, held.EnsureHeld);
    }

    private static void Write(string path, Action<Stream> write, Action? beforeRename)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.GetFullPath(path);
        string temporary = Path.Combine(Path.GetDirectoryName(target) ?? "", $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
        try
        {
            if (Directory.Exists(target))
            {
                throw new IOException("a folder has that name");
            }

            if (IsDevice(target))
            {
                throw new IOException("it is a device, and would be replaced by a file");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            beforeRename?.Invoke();
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception exception) when (
            exception is (IOException or UnauthorizedAccessException) and not FolderTakenException || IsTooLong(exception))
        {
            Remove(temporary);
            throw new IOException($"Cannot write '{path}': {exception.Message}", exception);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    /// <summary>Whether a path names a device, such as /dev/null or /dev/stdout, which must not be replaced by a file.</summary>
    /// <param name="path">The path. It need not exist.</param>
    public static bool IsDevice(string path)
    {
        string full = Path.GetFullPath(path);
        return !OperatingSystem.IsWindows()
            && ((full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal))
                || full.StartsWith("/proc/", StringComparison.Ordinal));
    }

    /// <summary>
    /// Whether this is the exception of .NET for a file that is too long for the disk or the quota (EFBIG). It is not an IOException.
    /// </summary>
    private static bool IsTooLong(Exception exception) => exception is ArgumentOutOfRangeException { ParamName: "value",
        TargetSite.DeclaringType.Namespace: "System.IO" or "System.IO.Strategies" or "Microsoft.Win32.SafeHandles" };

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The first failure is reported, so this one is ignored.
        }
    }
}
