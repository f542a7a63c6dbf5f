using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Onnx.Tests.Models;

/// <summary>Torch draws the same numbers from the same seed.</summary>
public sealed class CpuNoiseTests
{
    // Torch's vectorised logarithm and cosine differ from the exact ones by some units of the last place.
    private const float Bound = 2e-6f;

    [Theory]
    [InlineData(0UL, new[] { 16 })]
    [InlineData(1UL, new[] { 4096 })]
    [InlineData(42UL, new[] { 17 })]
    [InlineData(42UL, new[] { 31, 16, 1000, 33 })]
    [InlineData(7UL, new[] { 1, 2, 3, 15, 1, 16, 5 })]
    [InlineData(0xfedcba9876543210UL, new[] { 640, 20, 640 })]
    [InlineData(ulong.MaxValue, new[] { 12288 })]
    public void Calls_one_after_another_give_torchs_numbers(ulong seed, int[] counts)
    {
        NativeTorch.EnsureLoaded();
        using var generator = new Generator(seed, CPU);
        var noise = new CpuNoise(seed);
        foreach (int count in counts)
        {
            using Tensor drawn = randn([count], device: CPU, generator: generator);
            float[] expected = drawn.data<float>().ToArray(), found = noise.Normal(count);
            Assert.Equal(count, found.Length);
            Assert.All(expected.Zip(found), pair => Assert.InRange(pair.Second, pair.First - Bound, pair.First + Bound));
        }
    }
}
