using System.Runtime.CompilerServices;
using Consensus.ML.Torch.Runtime;
using TorchSharp;

// TorchSharp lets go of the number in 'tensor + tensor' (its alpha) before libtorch has read it. Only a garbage collection that another
// thread begins in that moment can take it away, so tests that compute do not run beside others that allocate.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Consensus.ML.Onnx.Tests;

internal static class ModuleSetup
{
    /// <summary>
    /// Tests reach for torch directly, so it is loaded before the first of them. One thread each: test assemblies run side by side
    /// already, and threads that wait for each other's turn on a core are many times slower.
    /// </summary>
    [ModuleInitializer]
    public static void LoadTorch()
    {
        NativeTorch.EnsureLoaded();
        torch.set_num_threads(1);
    }
}
