using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>
/// The random numbers of samples that are drawn together. Each slice has a generator of its own, so that it gets the numbers that it would
/// get alone.
/// </summary>
/// <param name="generators">The generator of each slice.</param>
internal sealed class NoiseSource(params IReadOnlyList<Generator> generators)
{
    /// <summary>The noise of a single slice.</summary>
    public static implicit operator NoiseSource(Generator generator) => new(generator);

    /// <summary>Standard normal numbers; owned by the surrounding dispose scope.</summary>
    /// <param name="shape">B×…, with the samples of a slice one after another, as many for each slice.</param>
    /// <param name="device">Where they are needed.</param>
    public Tensor Draw(long[] shape, Device device)
    {
        long[] each = [shape[0] / generators.Count, .. shape[1..]];
        return generators.Count == 1
            ? SeededNumbers.Normal(shape, device, generators[0])
            : cat([.. generators.Select(generator => SeededNumbers.NormalOnHost(each, generator))], 0).Send(device);
    }
}
