using System.Runtime.CompilerServices;
using Consensus.ML.Torch.Runtime;
using TorchSharp;

// Tests that compute do not run beside others: each would wait for the other's turn on a core.
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
