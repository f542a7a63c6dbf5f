using System.Text.RegularExpressions;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Torch.Runtime;

/// <summary>A folder that holds libtorch: of an installation of PyTorch, or of an unpacked libtorch.</summary>
/// <param name="Path">The full path of the folder with the libraries.</param>
/// <param name="Version">Its version such as "2.11.0+cu130"; null where no file says it.</param>
internal sealed partial record LibtorchFolder(string Path, string? Version)
{
    // Each library needs those before it. Those of CUDA exist in a build with CUDA only.
    private static readonly string[] InOrder = ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"];

    // The compiler opens the first by its bare name.
    private static readonly string[] Compilers = ["libnvrtc-builtins", "libnvrtc", "libnvJitLink"];

    private static readonly string[] Necessary = ["libc10.so", "libtorch_cpu.so", "libtorch.so"];

    /// <summary>Whether it is a build with CUDA.</summary>
    public bool HasCuda => File.Exists(System.IO.Path.Combine(Path, "libtorch_cuda.so"));

    /// <summary>The libraries that it has, in the order in which they load.</summary>
    public IEnumerable<string> Libraries => InOrder.Select(name => System.IO.Path.Combine(Path, name)).Where(File.Exists);

    /// <summary>
    /// Folders in which libraries lie that libtorch itself needs: its own, and in an installation by pip those of the packages beside it.
    /// </summary>
    public IEnumerable<string> CompanionFolders
    {
        get
        {
            string packages = System.IO.Path.GetFullPath(System.IO.Path.Combine(Path, "..", ".."));
            string nvidia = System.IO.Path.Combine(packages, "nvidia");
            IEnumerable<string> ofCuda = Directory.Exists(nvidia)
                ? Directory.EnumerateDirectories(nvidia).Order(StringComparer.Ordinal).Select(one => System.IO.Path.Combine(one, "lib"))
                : [];
            return ofCuda.Prepend(System.IO.Path.Combine(packages, "torch.libs")).Prepend(Path).Where(Directory.Exists);
        }
    }

    /// <summary>
    /// NVIDIA's compiler for kernels, which torch and cuDNN open by its bare name when they first need it. They do not look into its own
    /// package, so it must be loaded before.
    /// </summary>
    public IEnumerable<string> KernelCompilers => !HasCuda ? [] : Compilers.SelectMany(name => CompanionFolders
        .SelectMany(folder => Directory.EnumerateFiles(folder, $"{name}.so*").Order(StringComparer.Ordinal)));

    /// <summary>Finds libtorch in a folder that a user named: the folder itself, its folder lib, or its folder torch/lib.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="variable">The environment variable that names it; null if the program does.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="DllNotFoundException">It holds no libtorch; the message says what was looked for.</exception>
    public static LibtorchFolder Find(string folder, string? variable = null)
    {
        string named = $"'{NameText.Printable(folder)}'{(variable is null ? "" : $" ({variable})")}";
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"There is no folder {named} to load libtorch from.");
        }

        string full = System.IO.Path.GetFullPath(folder);
        string[] places = [full, System.IO.Path.Combine(full, "lib"), System.IO.Path.Combine(full, "torch", "lib")];
        string? place = Array.Find(places, one => Necessary.All(name => File.Exists(System.IO.Path.Combine(one, name))));
        return place is null
            ? throw new DllNotFoundException(
                $"{named} holds no libtorch: {string.Join(", ", Necessary)} lie neither in it nor in its folders lib and torch/lib. "
                + "Name a folder such as …/site-packages/torch/lib of an installation of PyTorch.")
            : new(place, ReadVersion(place));
    }

    /// <summary>The version by the file that PyTorch (version.py) or libtorch (build-version) has beside its folder lib.</summary>
    private static string? ReadVersion(string place)
    {
        string above = System.IO.Path.GetFullPath(System.IO.Path.Combine(place, ".."));
        try
        {
            string python = System.IO.Path.Combine(above, "version.py"), plain = System.IO.Path.Combine(above, "build-version");
            return File.Exists(python) && PythonVersion().Match(File.ReadAllText(python)) is { Success: true } match ? match.Groups[1].Value
                : File.Exists(plain) && File.ReadAllText(plain).Trim() is { Length: > 0 and < 64 } text ? NameText.Printable(text)
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex("""^__version__\s*=\s*['"]([0-9A-Za-z.+-]{1,63})['"]""", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex PythonVersion();
}
