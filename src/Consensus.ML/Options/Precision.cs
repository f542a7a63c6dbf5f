namespace Consensus.ML.Options;

/// <summary>Number format of the heavy arithmetic.</summary>
public enum Precision
{
    /// <summary>32-bit floating point throughout.</summary>
    Float32,

    /// <summary>
    /// bfloat16 for convolutions and attention; weights, losses and normalisation stay float32. On x64 processors without AVX512_BF16,
    /// float32 replaces it, because torch takes twice as long in bfloat16 there, and many times as long without AVX-512.
    /// </summary>
    BFloat16,

    /// <summary>
    /// IEEE half precision (float16) for convolutions and attention, otherwise as <see cref="BFloat16"/>. Training scales the loss so that
    /// small gradients do not vanish. For GPUs without bfloat16. Refused on the CPU, where float16 convolutions take more than a hundred
    /// times as long as float32 convolutions.
    /// </summary>
    Float16,
}
