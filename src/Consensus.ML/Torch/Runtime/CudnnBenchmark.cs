using System.Runtime.InteropServices;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Torch's flag for the search of cuDNN, which TorchSharp does not have: a member of libtorch's C++ class Context.</summary>
/// <param name="Get">Reads it.</param>
/// <param name="Set">Sets it.</param>
internal sealed record CudnnBenchmark(Func<bool> Get, Action<bool> Set)
{
    /// <summary>
    /// Finds it in the libtorch that is loaded; null on other systems than Linux, and where libtorch has no such function.
    /// </summary>
    public static unsafe CudnnBenchmark? Find()
    {
        if (!OperatingSystem.IsLinux()
            || !NativeLibrary.TryLoad("libtorch_cpu.so", out nint library)
            || !NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out nint context)
            || !NativeLibrary.TryGetExport(library, "_ZNK2at7Context14benchmarkCuDNNEv", out nint get)
            || !NativeLibrary.TryGetExport(library, "_ZN2at7Context17setBenchmarkCuDNNEb", out nint set))
        {
            return null;
        }

        nint of = ((delegate* unmanaged<nint>)context)();
        return new(
            () => ((delegate* unmanaged<nint, byte>)get)(of) != 0,
            on => ((delegate* unmanaged<nint, byte, void>)set)(of, on ? (byte)1 : (byte)0));
    }
}
