using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Kernels;

/// <summary>Seeded numbers for tests of kernels.</summary>
internal static class Numbers
{
    /// <summary>Standard normal numbers, float32.</summary>
    public static Tensor Normal(int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return randn(shape, generator: generator);
    }
}
