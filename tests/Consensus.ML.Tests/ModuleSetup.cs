using System.Runtime.CompilerServices;
using Consensus.ML.Torch.Runtime;
using TorchSharp;

// TorchSharp releases the number in 'tensor + tensor' (its alpha) before libtorch has read it. Only a garbage collection that another
// thread starts in that moment can free it. So tests that compute do not run beside tests that allocate.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Consensus.ML.Tests;

internal static class ModuleSetup
{
    /// <summary>
    /// Tests use torch directly, so it is loaded before the first of them. It has one thread: test assemblies already run side by side, and
    /// threads that wait for each other on a core are many times slower.
    /// </summary>
    [ModuleInitializer]
    public static void LoadTorch()
    {
        NativeTorch.EnsureLoaded();
        torch.set_num_threads(1);
    }
}
