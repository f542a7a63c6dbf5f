using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Loads libtorch. Consensus.ML does this by itself when it first needs torch. A program that uses TorchSharp directly before it uses
/// Consensus.ML should call <see cref="Load"/> first.
/// </summary>
/// <remarks>
/// On Linux systems with a C++ library older than GCC 13's (Debian 12, Ubuntu 22.04) TorchSharp's native library does not load in its
/// shipped form: the first use of torch then fails, and so does every later use. Consensus.ML loads an adapted copy instead. This also
/// works for the program's own use of TorchSharp if <see cref="LoadOnFirstUse"/> was called before. A C# program that references the NuGet
/// package calls it when it starts, since the package adds this call to the program (set the MSBuild property <c>ConsensusMLLoadsTorch</c>
/// to false to leave it out).
/// </remarks>
public static class TorchRuntime
{
    /// <summary>Loads libtorch now, unless it is loaded. Call it in the first line of a program to make all of TorchSharp work.</summary>
    /// <exception cref="DllNotFoundException">
    /// There is no libtorch for this platform beside the application; the message says which package to reference.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// TorchSharp was used before and has failed for good; the message says what to do.
    /// </exception>
    public static void Load() => NativeTorch.EnsureLoaded();

    /// <summary>Makes sure that libtorch loads on this system at the first use of torch by any code. It takes no time until then.</summary>
    public static void LoadOnFirstUse() => NativeTorch.Watch(AssemblyLoadContext.GetLoadContext(typeof(TorchRuntime).Assembly)!);

    /// <summary>
    /// Takes libtorch from a folder, such as <c>…/site-packages/torch/lib</c> of an installation of PyTorch, in place of the package beside
    /// the application (Linux). The environment variable CONSENSUS_LIBTORCH does the same. Call it before anything of torch is used.
    /// </summary>
    /// <remarks>
    /// The application needs the package TorchSharp alone; a libtorch beside it is not loaded. The libraries of the folder are loaded now,
    /// with those of CUDA that lie in the packages beside it. Every function that TorchSharp may call is looked up in them, before anything
    /// is computed. TorchSharp 0.107.0 is built for libtorch 2.10.0; <see cref="Notes"/> says when the version differs.
    /// </remarks>
    /// <param name="folder">The folder with libtorch_cpu.so, or one whose folder lib or torch/lib has it.</param>
    /// <param name="allowMissing">
    /// Whether to go on if the libtorch lacks functions. A call of one of them then ends the process. The environment variable
    /// CONSENSUS_LIBTORCH_ALLOW_MISSING=1 does the same. Default false.
    /// </param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="DllNotFoundException">
    /// It holds no libtorch, a library does not load, or functions are missing; the message says which.
    /// </exception>
    /// <exception cref="InvalidOperationException">A libtorch of another folder is loaded already.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static void Use(string folder, bool allowMissing = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ChosenLibtorch.Choose(folder, allowMissing);
        LoadOnFirstUse();
        ChosenLibtorch.EnsureLoaded();
    }

    /// <summary>
    /// What to know about a libtorch from <see cref="Use"/>, a sentence each: another version than TorchSharp's, or missing functions.
    /// Empty before libtorch is loaded, and for the libtorch beside the application.
    /// </summary>
    public static IReadOnlyList<string> Notes => ChosenLibtorch.Notes;

    /// <summary>
    /// Sets how many CPU threads torch uses for the work of the calling thread, until the result is disposed on that thread. Other threads
    /// keep their numbers.
    /// </summary>
    /// <param name="threads">The number, at least 1; null leaves it as it is.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    /// <exception cref="DllNotFoundException">
    /// There is no libtorch for this platform beside the application; the message says which package to reference.
    /// </exception>
    public static IDisposable UseThreads(int? threads)
    {
        if (threads is { } number)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(number, 1, nameof(threads));
        }

        return TorchThreads.Use(threads);
    }

    [ModuleInitializer]
    [SuppressMessage(
        "Usage",
        "CA2255",
        Justification = "A library that is asked for anything must do this before the program's next line, which may touch torch.")]
    internal static void Begin() => LoadOnFirstUse();
}
