using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using TorchSharp;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Loads libtorch and TorchSharp's native library. On Linux systems whose C++ library is older than the one TorchSharp was built with
/// (Debian 12, Ubuntu 22.04), and only there, this class loads a copy instead, with one version requirement marked weak.
/// </summary>
internal static class NativeTorch
{
    private const string LibraryName = "LibTorchSharp", FileName = "libLibTorchSharp.so";
    private const string MissingVersion = "GLIBCXX_3.4.32";

    private static readonly Lazy<bool> Loaded = new(Load, LazyThreadSafetyMode.ExecutionAndPublication);
    private static readonly Lock Adapting = new();
    private static readonly HashSet<AssemblyLoadContext> Watched = [];
    private static nint _adapted;

    /// <summary>Loads the native libraries once; call before the first use of torch.</summary>
    /// <exception cref="DllNotFoundException">
    /// There is no libtorch for this platform in the application's folder; the message says which package to reference.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// TorchSharp was used before, and could not load its library without this class; the message says what to do.
    /// </exception>
    public static void EnsureLoaded() => _ = Loaded.Value;

    /// <summary>The library that an adapted copy in memory replaces; null if the library itself was loaded.</summary>
    public static string? Adapted { get; private set; }

    /// <summary>Whether the libtorch that was chosen, or that lies beside the application, is a build with CUDA.</summary>
    public static bool HasCudaLibraries => ChosenLibtorch.Folder?.HasCuda ?? SearchFolders()
        .Any(folder => File.Exists(Path.Combine(folder, "libtorch_cuda.so")) || File.Exists(Path.Combine(folder, "torch_cuda.dll")));

    /// <summary>TorchSharp's native library beside the application; null if there is none.</summary>
    public static string? TorchSharpLibrary => SearchFolders().Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(File.Exists);

    /// <summary>
    /// Prepares for the first use of torch by any code: torch's threads will soon sleep while they wait, and TorchSharp's native library is
    /// adapted if necessary. It costs nothing until then. TorchSharp looks for its library once, at the first use of torch, and does not
    /// try again if it finds none.
    /// </summary>
    /// <param name="context">Where TorchSharp's assembly is loaded, or will be.</param>
    public static void Watch(AssemblyLoadContext context)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        lock (Adapting)
        {
            if (!Watched.Add(context))
            {
                return;
            }

            context.ResolvingUnmanagedDll += (asker, name) =>
                OperatingSystem.IsLinux() && name == LibraryName && asker.GetName().Name == nameof(TorchSharp) ? Adapt() : 0;
        }

        // The managed assembly comes before the native libraries.
        AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) => Prepare(loaded.LoadedAssembly);
        foreach (Assembly loaded in context.Assemblies)
        {
            Prepare(loaded);
        }

        static void Prepare(Assembly loaded)
        {
            if (loaded.GetName().Name != nameof(TorchSharp))
            {
                return;
            }

            if (ChosenLibtorch.Asked is null)
            {
                OpenMPLibrary.Load(SearchFolders());
                return;
            }

            // TorchSharp loads libtorch before it calls any code of the program, so this is the last moment to choose another. Where that
            // fails, an exception would leave this library unusable without a reason: the first use of it tries again and gives the reason.
            try
            {
                ChosenLibtorch.EnsureLoaded();
            }
            catch (Exception exception) when (exception is IOException or DllNotFoundException or InvalidOperationException)
            {
            }
        }
    }

    private static bool Load()
    {
        Watch(AssemblyLoadContext.GetLoadContext(typeof(torch).Assembly)!);
        ChosenLibtorch.EnsureLoaded();
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
            return true;
        }
        catch (Exception exception) when (exception is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            // A failed initializer fails for the rest of the process, even if the adapted copy can be loaded now.
            string cause = (exception.InnerException ?? exception).Message.Split('\n')[0];
            if (exception is TypeInitializationException && OperatingSystem.IsLinux() && Adapt() != 0)
            {
                throw new InvalidOperationException(
                    "TorchSharp was used in this process before Consensus.ML was, and cannot load its native library on this system "
                    + "without it; it does not try again. "
                    + $"Make {typeof(TorchRuntime).FullName}.{nameof(TorchRuntime.Load)}() the first line of the program, "
                    + $"before anything of TorchSharp. TorchSharp's own words: {cause}",
                    exception);
            }

            throw new DllNotFoundException(
                "libtorch could not be loaded. The application must reference one of the packages TorchSharp-cpu, "
                + "TorchSharp-cuda-linux or TorchSharp-cuda-windows, "
                + $"in the version of TorchSharp (0.107.0), for {RuntimeInformation.RuntimeIdentifier}. Cause: {cause}", exception);
        }
    }

    /// <summary>Loads the adapted copy, once; 0 if the library itself does not lack the version.</summary>
    [SupportedOSPlatform("linux")]
    private static nint Adapt()
    {
        lock (Adapting)
        {
            if (_adapted != 0 || TorchSharpLibrary is not { } library)
            {
                return _adapted;
            }

            // The copy is in another place, so its dependencies are loaded first from their folder. The loader then finds them by name.
            // Those of a chosen folder are loaded already.
            IEnumerable<string> beside = ChosenLibtorch.Asked is null
                ? Dependencies.SelectMany(pattern => SearchFolders().SelectMany(folder => Directory.EnumerateFiles(folder, pattern)))
                : [];
            foreach (string dependency in beside)
            {
                if (TryLoad(dependency) is string failed && !dependency.Contains("cuda", StringComparison.Ordinal))
                {
                    throw new DllNotFoundException($"'{dependency}' could not be loaded: {failed}");
                }
            }

            if (TryLoad(library)?.Contains(MissingVersion, StringComparison.Ordinal) != true)
            {
                return 0;
            }

            byte[] image = File.ReadAllBytes(library);
            if (WeakenedLibrary.Weaken(image, MissingVersion) == 0)
            {
                throw new DllNotFoundException($"'{library}' does not load for want of {MissingVersion}, but names no such requirement.");
            }

            _adapted = LibraryImage.Load(image);
            Adapted = library;
            return _adapted;
        }
    }

    // Each library needs those before it. The CUDA libraries exist with the CUDA backend only.
    private static IEnumerable<string> Dependencies =>
        ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"];

    /// <summary>Loads a library for the life of the process; returns null, or the reason why it did not load.</summary>
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

    /// <summary>The folders with native libraries: the folders that the .NET host was given, then the application's folder.</summary>
    public static IEnumerable<string> SearchFolders()
    {
        string told = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        string beside = AppContext.BaseDirectory;
        return told.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(beside)
            .Append(Path.Combine(
                beside, "runtimes", $"linux-{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64")}", "native"))
            .Where(Directory.Exists)
            .Distinct(StringComparer.Ordinal);
    }
}
