using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Loads libtorch. The library does so by itself when it first needs torch; a program that uses TorchSharp directly, before anything of
/// Consensus.ML, should call <see cref="Load"/> first.
/// </summary>
/// <remarks>
/// On Linux systems with a C++ library older than GCC 13's (Debian 12, Ubuntu 22.04) TorchSharp's native library does not load as it is
/// shipped: the first use of torch then fails, and every later one. This library has an adapted copy loaded there in its place, also for
/// the program's own use of TorchSharp, provided that it was asked to before. A C# program that references the NuGet package asks for
/// that by itself when it starts (the package adds <see cref="LoadOnFirstUse"/> to it; set the MSBuild property
/// <c>ConsensusMLLoadsTorch</c> to false to leave it out).
/// </remarks>
public static class TorchRuntime
{
    /// <summary>Loads libtorch now, unless it is loaded. As the first line of a program it makes all of TorchSharp work.</summary>
    /// <exception cref="DllNotFoundException">
    /// There is no libtorch for this platform beside the application; the message says what to reference.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// TorchSharp was used before and has failed for good; the message says what to do.
    /// </exception>
    public static void Load() => NativeTorch.EnsureLoaded();

    /// <summary>Makes sure that libtorch loads on this system when torch is first used, by whomever. It takes no time until then.</summary>
    public static void LoadOnFirstUse() => NativeTorch.Watch(AssemblyLoadContext.GetLoadContext(typeof(TorchRuntime).Assembly)!);

    /// <summary>
    /// Sets how many CPU threads torch uses for the work of the calling thread, until the result is disposed on that thread. Other threads
    /// keep their numbers.
    /// </summary>
    /// <param name="threads">The number, at least 1; null leaves it as it is.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    /// <exception cref="DllNotFoundException">
    /// There is no libtorch for this platform beside the application; the message says what to reference.
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
