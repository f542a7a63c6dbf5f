using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Consensus.ML.Runtime;

/// <summary>
/// Loads libtorch and TorchSharp's native library. On Linux systems whose C++ library is older than the one TorchSharp was
/// built with (Debian 12, Ubuntu 22.04), and only there, a copy with one version requirement marked weak is loaded instead.
/// </summary>
internal static class NativeTorch
{
    private const string LibraryName = "libLibTorchSharp.so";
    private const string MissingVersion = "GLIBCXX_3.4.32";

    // In the order in which each needs the ones before it; CUDA ones are there with the CUDA backend only.
    private static readonly string[] Dependencies = ["libgomp*.so*", "libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"];

    private static readonly Lazy<string?> Loaded = new(Load, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>Loads the native libraries once; call before the first use of torch.</summary>
    /// <exception cref="DllNotFoundException">No libtorch for this platform beside the application; the message says what to reference.</exception>
    public static void EnsureLoaded() => _ = Loaded.Value;

    /// <summary>The patched copy in use, or null where the ordinary library loaded.</summary>
    public static string? PatchedCopy => Loaded.Value;

    /// <summary>Whether the CUDA build of libtorch lies beside the application.</summary>
    public static bool HasCudaLibraries => SearchFolders().Any(folder => File.Exists(Path.Combine(folder, "libtorch_cuda.so")) || File.Exists(Path.Combine(folder, "torch_cuda.dll")));

    private static string? Load()
    {
        string? patched = OperatingSystem.IsLinux() ? LoadOnLinux() : null;
        try
        {
            TorchSharp.torch.InitializeDeviceType(TorchSharp.DeviceType.CPU);
            return patched;
        }
        catch (Exception exception) when (exception is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            throw new DllNotFoundException(
                "libtorch could not be loaded. The application must reference one of the packages TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows, "
                + $"in the version of TorchSharp (0.107.0), for {RuntimeInformation.RuntimeIdentifier}. Cause: {(exception.InnerException ?? exception).Message.Split('\n')[0]}", exception);
        }
    }

    private static string? LoadOnLinux()
    {
        string? library = SearchFolders().Select(folder => Path.Combine(folder, LibraryName)).FirstOrDefault(File.Exists);
        if (library is null)
        {
            return null; // TorchSharp's own look-up may still find it; its failure is reported by the caller.
        }

        string? problem = TryLoad(library);
        if (problem is null || !problem.Contains(MissingVersion, StringComparison.Ordinal))
        {
            return null;
        }

        // The copy lies elsewhere, so its neighbours are loaded first, from where they are; the loader then finds them by name.
        foreach (string dependency in Dependencies.SelectMany(pattern => SearchFolders().SelectMany(folder => Directory.EnumerateFiles(folder, pattern))))
        {
            if (TryLoad(dependency) is string failed && !dependency.Contains("cuda", StringComparison.Ordinal))
            {
                throw new DllNotFoundException($"'{dependency}' could not be loaded: {failed}");
            }
        }

        string copy = PatchedCopyOf(library);
        NativeLibrary.Load(copy);
        return copy;
    }

    /// <summary>Loads a library for good; returns null, or why it did not load.</summary>
    private static string? TryLoad(string path)
    {
        try
        {
            NativeLibrary.Load(path);
            return null;
        }
        catch (DllNotFoundException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Where the application keeps native libraries: what the host was told, then beside the application.</summary>
    private static IEnumerable<string> SearchFolders()
    {
        string told = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        string beside = AppContext.BaseDirectory;
        return told.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(beside)
            .Append(Path.Combine(beside, "runtimes", $"linux-{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64")}", "native"))
            .Where(Directory.Exists)
            .Distinct(StringComparer.Ordinal);
    }

    /// <summary>The patched copy in the per-user cache, written once for each version of the library (its hash is in the name).</summary>
    private static string PatchedCopyOf(string library)
    {
        byte[] image = File.ReadAllBytes(library);
        string name = $"libLibTorchSharp-{Convert.ToHexStringLower(SHA256.HashData(image))[..16]}.so";
        if (WeakenedLibrary.Weaken(image, MissingVersion) == 0)
        {
            throw new DllNotFoundException($"'{library}' does not load for want of {MissingVersion}, but names no such requirement.");
        }

        // A home that cannot be written to (a service account, a read-only container) falls back to a folder of this process's own.
        foreach (string folder in CacheFolders())
        {
            try
            {
                string copy = Path.Combine(folder, name);
                if (File.Exists(copy) && File.ReadAllBytes(copy).AsSpan().SequenceEqual(image))
                {
                    return copy;
                }

                CreatePrivateFolder(folder);
                string temporary = Path.Combine(folder, Path.GetRandomFileName());
                File.WriteAllBytes(temporary, image);
                File.Move(temporary, copy, overwrite: true);
                return copy;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                continue;
            }
        }

        throw new DllNotFoundException($"TorchSharp's native library needs {MissingVersion}, which this system lacks, and the copy that does without could be written to none of: {string.Join(", ", CacheFolders())}. Set XDG_CACHE_HOME to a folder that can be written to.");
    }

    private static IEnumerable<string> CacheFolders()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (!string.IsNullOrEmpty(cache))
        {
            yield return Path.Combine(cache, "consensus-ml");
        }

        if (!string.IsNullOrEmpty(home))
        {
            yield return Path.Combine(home, ".cache", "consensus-ml");
        }

        yield return Path.Combine(Path.GetTempPath(), $"consensus-ml-{Environment.UserName}-{Environment.ProcessId}");
    }

    /// <summary>Code is loaded from here: nobody else may write to it.</summary>
    private static void CreatePrivateFolder(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
