using System.Runtime.CompilerServices;
using Consensus.ML.Runtime;

namespace Consensus.ML.Tests;

internal static class ModuleSetup
{
    /// <summary>Tests reach for torch directly, so it is loaded before the first of them.</summary>
    [ModuleInitializer]
    public static void LoadTorch() => NativeTorch.EnsureLoaded();
}
