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
