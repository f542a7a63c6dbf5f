using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// The libtorch that a user chose in place of the one beside the application, such as that of an installation of PyTorch.
/// </summary>
/// <remarks>
/// The loader identifies a loaded library by its name (SONAME). So the libraries of the chosen folder are loaded first, by their paths, and
/// TorchSharp's own library then finds them (<see cref="LoadedName"/> says how they take the place of those beside the application). It
/// looks up each function at its first call, and the process ends if it is not there. So all of them are looked up before.
/// </remarks>
internal static class ChosenLibtorch
{
    /// <summary>The environment variable with the folder.</summary>
    public const string FolderVariable = "CONSENSUS_LIBTORCH";

    /// <summary>The environment variable that, set to 1, accepts a libtorch that lacks functions.</summary>
    public const string MissingVariable = "CONSENSUS_LIBTORCH_ALLOW_MISSING";

    /// <summary>The version of libtorch that this version of TorchSharp is built for.</summary>
    public const string BuiltFor = "2.10.0";

    private const int NamesShown = 3;

    private static readonly Lock Loading = new();
    private static readonly List<string> FoundNotes = [];
    private static string? _asked;
    private static bool _allowMissing;

    /// <summary>The folder that is used; null while the libtorch beside the application is.</summary>
    public static LibtorchFolder? Folder { get; private set; }

    /// <summary>What a user should know about the chosen libtorch, a sentence each; empty before it is loaded.</summary>
    public static IReadOnlyList<string> Notes
    {
        get
        {
            lock (Loading)
            {
                return [.. FoundNotes];
            }
        }
    }

    /// <summary>The folder that was asked for, by the program or by the environment; null for none.</summary>
    public static string? Asked =>
        _asked ?? (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? folder : null);

    /// <summary>Chooses a folder for this process; call before the first use of torch.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="DllNotFoundException">It holds no libtorch.</exception>
    /// <exception cref="InvalidOperationException">Another libtorch is loaded already.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static void Choose(string folder, bool allowMissing)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException(
                "libtorch can be taken from another folder on Linux. Elsewhere reference a package such as TorchSharp-cuda-windows.");
        }

        var found = LibtorchFolder.Find(folder);
        lock (Loading)
        {
            if (found.Path == Folder?.Path)
            {
                return;
            }

            if (LoadedPath() is { } other)
            {
                throw new InvalidOperationException(
                    $"libtorch is loaded already, from '{other}'. Choose '{NameText.Printable(folder)}' before "
                    + "anything of torch is used; a process loads one libtorch.");
            }

            (_asked, _allowMissing) = (folder, allowMissing);
        }
    }

    /// <summary>Loads the chosen libtorch for the life of the process, once; does nothing if none is chosen.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="DllNotFoundException">
    /// It holds no libtorch, a library does not load, or functions are missing; the message says which.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another libtorch is loaded already.</exception>
    public static void EnsureLoaded()
    {
        if (Asked is not null && OperatingSystem.IsLinux())
        {
            lock (Loading)
            {
                if (Folder is null)
                {
                    Load();
                }
            }
        }
    }

    [SupportedOSPlatform("linux")]
    private static void Load()
    {
        var folder = LibtorchFolder.Find(Asked!, _asked is null ? FolderVariable : null);
        if (LoadedPath() is { } other && Path.GetDirectoryName(other) != folder.Path)
        {
            throw new InvalidOperationException(
                $"libtorch is loaded already, from '{other}', and cannot be taken from '{folder.Path}'. Do so before anything of torch is "
                + "used.");
        }

        OpenMPLibrary.Load(folder.CompanionFolders);
        var handles = new List<nint>();
        foreach (string library in folder.Libraries)
        {
            nint handle = LoadWithCompanions(library, folder);
            handles.Add(handle);
            foreach (string beside in NativeTorch.SearchFolders().Select(one => Path.Combine(one, Path.GetFileName(library))))
            {
                if (File.Exists(beside) && beside != library)
                {
                    LoadedName.Set(handle, beside);
                }
            }
        }

        // Without them only what compiles kernels fails, and says so.
        foreach (string compiler in folder.KernelCompilers)
        {
            TryLoad(compiler, out _);
        }

        CheckFunctions(folder, handles);
        if (folder.Version is { } version && !version.StartsWith(BuiltFor[..(BuiltFor.LastIndexOf('.') + 1)], StringComparison.Ordinal))
        {
            FoundNotes.Add(
                $"libtorch {version} of '{folder.Path}' is used by a TorchSharp that is built for {BuiltFor}. "
                + "Another version may compute otherwise.");
        }

        Folder = folder;
    }

    /// <summary>Loads a library; if it lacks others, then with those that lie beside it or in the packages beside it.</summary>
    private static nint LoadWithCompanions(string library, LibtorchFolder folder)
    {
        if (TryLoad(library, out nint handle) is null)
        {
            return handle;
        }

        // The libraries need each other in an order that is not known. So a round is repeated as long as it loads more than the last.
        string[] waiting =
        [
            .. folder.CompanionFolders.Where(companion => companion != folder.Path)
                .SelectMany(companion => Directory.EnumerateFiles(companion, "*.so*").Order(StringComparer.Ordinal)),
        ];
        for (int before = int.MaxValue; waiting.Length < before && waiting.Length > 0;)
        {
            before = waiting.Length;
            waiting = [.. waiting.Where(companion => TryLoad(companion, out _) is not null)];
        }

        return TryLoad(library, out handle) is { } why
            ? throw new DllNotFoundException(
                $"'{library}' of the chosen libtorch{(folder.Version is null ? "" : $" {folder.Version}")} does not load: {why} "
                + "Choose a folder that is complete, with the packages that its installation needs.")
            : handle;
    }

    private static void CheckFunctions(LibtorchFolder folder, List<nint> handles)
    {
        if (NativeTorch.TorchSharpLibrary is not { } library)
        {
            return; // TorchSharp will say that it has no library
        }

        IReadOnlyList<string> needed = UndefinedSymbols.Read(File.ReadAllBytes(library));
        string[] missing =
            [.. needed.Where(name => !handles.Exists(handle => NativeLibrary.TryGetExport(handle, name, out _)))];
        if (missing.Length == 0)
        {
            return;
        }

        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"libtorch {folder.Version ?? "of unknown version"} in '{folder.Path}' lacks {missing.Length} of the {needed.Count} functions "
            + $"that TorchSharp may call ({string.Join(", ", missing.Take(NamesShown))}{(missing.Length > NamesShown ? ", …" : "")}), "
            + $"which is built for libtorch {BuiltFor}. A call of one of them ends the process.");
        if (!_allowMissing && Environment.GetEnvironmentVariable(MissingVariable) != "1")
        {
            throw new DllNotFoundException($"{text} Choose another version, or set {MissingVariable}=1 to go on without them.");
        }

        FoundNotes.Add(text);
    }

    /// <summary>Loads a library for the life of the process; returns null, or the reason why it did not load.</summary>
    private static string? TryLoad(string path, out nint handle)
    {
        try
        {
            handle = NativeLibrary.Load(path);
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            handle = 0;
            return exception.Message.Split('\n').FirstOrDefault(line => line.Contains(path, StringComparison.Ordinal))
                ?? exception.Message.Split('\n')[0];
        }
    }

    /// <summary>The path of the libtorch that this process has loaded; null for none.</summary>
    private static string? LoadedPath()
    {
        const string maps = "/proc/self/maps", file = "/libtorch_cpu.so";
        return File.Exists(maps)
            ? File.ReadLines(maps).Where(line => line.EndsWith(file, StringComparison.Ordinal))
                .Select(line => line[line.IndexOf('/', StringComparison.Ordinal)..])
                .FirstOrDefault()
            : null;
    }
}
