using System.Runtime.Intrinsics;

namespace Consensus.ML.Tests.Torch.Kernels;

/// <summary>What a test needs of the processor.</summary>
internal static class Needs
{
    /// <summary>Skips the test where the processor lacks AVX-512: there the library leaves these operations to torch.</summary>
    public static void Avx512() => Assert.SkipUnless(Vector512.IsHardwareAccelerated, "The processor has no AVX-512.");
}
