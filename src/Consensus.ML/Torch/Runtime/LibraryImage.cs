using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Loads a shared library from an image in memory (Linux), so that no other user can replace it.</summary>
[SupportedOSPlatform("linux")]
internal static class LibraryImage
{
    private const uint CloseOnExec = 0x1;
    private const string SelfDescriptors = "/proc/self/fd";

    // These stay open: the loader knows a library by its path, and would confuse another file with the same number with this library.
    private static readonly List<SafeFileHandle> Files = [];

    /// <summary>
    /// Loads the library for the life of the process, from a file that exists only in memory. If the system has no such files, it uses a
    /// folder that only this user can open, and removes it at once.
    /// </summary>
    /// <exception cref="DllNotFoundException">Both ways failed; the message says why.</exception>
    public static nint Load(byte[] image)
    {
        if (LoadFromMemory(image) is nint loaded and not 0)
        {
            return loaded;
        }

        var problems = new List<string>();
        foreach (string parent in Parents().Where(Directory.Exists))
        {
            try
            {
                return LoadFromFolder(image, parent);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DllNotFoundException)
            {
                problems.Add($"'{parent}': {exception.Message}");
            }
        }

        throw new DllNotFoundException(
            "A copy of TorchSharp's native library for this system can be loaded neither from memory nor from a private folder "
            + $"({string.Join("; ", problems)}). Set TMPDIR to a folder of your own that programs may be run from.");
    }

    /// <summary>Loads the library from a file in memory (memfd_create(2)); 0 if that is not possible.</summary>
    internal static nint LoadFromMemory(byte[] image)
    {
        if (!Directory.Exists(SelfDescriptors))
        {
            return 0;
        }

        try
        {
            int descriptor = CreateInMemory("consensus-ml", CloseOnExec);
            if (descriptor < 0)
            {
                return 0;
            }

            var file = new SafeFileHandle(descriptor, ownsHandle: true);
            RandomAccess.Write(file, image, fileOffset: 0);
            if (NativeLibrary.TryLoad($"{SelfDescriptors}/{descriptor}", out nint loaded))
            {
                lock (Files)
                {
                    Files.Add(file);
                }

                return loaded;
            }

            file.Dispose();
            return 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or EntryPointNotFoundException
            or DllNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>Loads the library from a new folder that only this user may open. The folder is removed before this returns.</summary>
    /// <param name="image">The library.</param>
    /// <param name="parent">The folder to create it in. Other users must not be able to remove entries from it.</param>
    /// <exception cref="UnauthorizedAccessException">Another user could replace the folder.</exception>
    /// <exception cref="IOException">The folder or the file could not be created.</exception>
    /// <exception cref="DllNotFoundException">The loader refused the library.</exception>
    internal static nint LoadFromFolder(byte[] image, string parent)
    {
        CheckParent(parent);
        string folder = Path.Combine(parent, $"consensus-ml-{Path.GetRandomFileName()}");
        if (MakeDirectory(folder, (uint)(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)) != 0)
        {
            throw new IOException($"the folder '{folder}' could not be made (error {Marshal.GetLastPInvokeError()})");
        }

        string path = Path.Combine(folder, "library.so");
        try
        {
            // A new file: neither an existing file nor the target of a link.
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var file = new FileStream(path, options))
            {
                file.Write(image);
            }

            return NativeLibrary.Load(path);
        }
        finally
        {
            File.Delete(path);
            Directory.Delete(folder);
        }
    }

    /// <summary>
    /// A folder is a safe parent if it belongs to this user or the system, and others may not write to it or, as in /tmp, may not move the
    /// files of other users.
    /// </summary>
    private static void CheckParent(string parent)
    {
        (uint owner, UnixFileMode mode) = Status(parent);
        if (owner != 0 && owner != EffectiveUser())
        {
            throw new UnauthorizedAccessException("it belongs to another user");
        }

        if ((mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0 && (mode & UnixFileMode.StickyBit) == 0)
        {
            throw new UnauthorizedAccessException("other users may move what is in it");
        }
    }

    private static (uint Owner, UnixFileMode Mode) Status(string path)
    {
        // struct statx of statx(2): stx_uid is at byte 20 of 256, stx_mode at 28. The call follows links, since the folder will be created
        // in the target.
        const int currentDirectory = -100;
        const uint basicFields = 0x7ff;
        Span<byte> status = stackalloc byte[256];
        return Status(currentDirectory, path, flags: 0, basicFields, ref MemoryMarshal.GetReference(status)) == 0
            ? (BitConverter.ToUInt32(status[20..]), (UnixFileMode)(BitConverter.ToUInt16(status[28..]) & 0xfff))
            : throw new IOException($"its owner could not be read (error {Marshal.GetLastPInvokeError()})");
    }

    private static IEnumerable<string> Parents()
    {
        yield return Path.GetTempPath();
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache)
        {
            yield return cache;
        }

        if (Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home)
        {
            yield return home;
        }
    }

    [DllImport("libc", EntryPoint = "memfd_create", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int CreateInMemory([MarshalAs(UnmanagedType.LPUTF8Str)] string name, uint flags);

    [DllImport("libc", EntryPoint = "mkdir", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int MakeDirectory([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Status(int workingDirectory, [MarshalAs(
        UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, ref byte status);

    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint EffectiveUser();
}
