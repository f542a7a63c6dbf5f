using System.Runtime.CompilerServices;
using Consensus.ML.Runtime;
using TorchSharp;

namespace Consensus.ML.Tests;

internal static class ModuleSetup
{
    /// <summary>
    /// Tests reach for torch directly, so it is loaded before the first of them. One thread each: test classes and assemblies run side
    /// by side already, and threads that wait for each other's turn on a core are many times slower.
    /// </summary>
    [ModuleInitializer]
    public static void LoadTorch()
    {
        NativeTorch.EnsureLoaded();
        torch.set_num_threads(1);
    }
}
