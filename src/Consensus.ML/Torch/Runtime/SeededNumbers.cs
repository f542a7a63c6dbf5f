using static TorchSharp.torch;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Random numbers that a seed decides, for tensors of any device. TorchSharp makes a generator of the CPU whatever device it is given
/// (0.107.0, <c>THSGenerator_new</c>), and torch refuses a generator of another device. So the numbers are drawn in the host's memory and
/// sent to the device, for which nobody waits. A GPU then has the numbers of a CPU.
/// </summary>
internal static class SeededNumbers
{
    /// <summary>A generator that begins at a seed.</summary>
    public static Generator Begin(ulong seed) => new(seed, CPU);

    /// <summary>Standard normal numbers; owned by the surrounding dispose scope.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="device">Where they are needed.</param>
    /// <param name="generator">The generator; null for torch's global one, which no seed of a run sets.</param>
    public static Tensor Normal(long[] shape, Device device, Generator? generator) => generator is null
        ? randn(shape, device: device)
        : NormalOnHost(shape, generator).Send(device);

    /// <summary>Standard normal numbers in the host's memory; owned by the surrounding dispose scope.</summary>
    public static Tensor NormalOnHost(long[] shape, Generator generator) => randn(shape, device: CPU, generator: generator);

    /// <summary>Uniform numbers in [0, 1), as <see cref="Normal"/>.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="device">Where they are needed.</param>
    /// <param name="generator">The generator; null for torch's global one, which no seed of a run sets.</param>
    public static Tensor Uniform(long[] shape, Device device, Generator? generator) => generator is null
        ? rand(shape, device: device)
        : rand(shape, device: CPU, generator: generator).Send(device);
}
