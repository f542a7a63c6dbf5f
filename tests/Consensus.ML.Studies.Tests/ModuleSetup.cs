using System.Runtime.CompilerServices;
using Consensus.ML.Torch.Runtime;
using TorchSharp;

// Tests do not run side by side: they compute on all cores, and would wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Consensus.ML.Studies.Tests;

internal static class ModuleSetup
{
    [ModuleInitializer]
    public static void LoadTorch()
    {
        TorchRuntime.Load();
        torch.set_num_threads(1);
    }
}
