namespace Consensus.ML.Options;

/// <summary>Number format of the heavy arithmetic.</summary>
public enum Precision
{
    /// <summary>32-bit floating point throughout.</summary>
    Float32,

    /// <summary>
    /// bfloat16 for convolutions and attention; weights, losses and normalisation stay float32. On x64 processors without AVX-512, float32
    /// replaces it, because torch computes many times slower in bfloat16 there.
    /// </summary>
    BFloat16,

    /// <summary>
    /// IEEE half precision (float16) for convolutions and attention, otherwise as <see cref="BFloat16"/>. Training scales the loss so that
    /// small gradients do not vanish. For GPUs without bfloat16. Refused on the CPU, where float16 convolutions take more than a hundred
    /// times as long as float32 convolutions.
    /// </summary>
    Float16,
}
