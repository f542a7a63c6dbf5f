namespace Consensus.ML.Options;

/// <summary>Number format of the heavy arithmetic.</summary>
public enum Precision
{
    /// <summary>32-bit floating point throughout.</summary>
    Float32,

    /// <summary>
    /// bfloat16 for convolutions and attention, with float32 weights, losses and normalisation kept beside it. On x64 processors without
    /// AVX-512, where torch is many times slower in it, float32 is used in its place.
    /// </summary>
    BFloat16,

    /// <summary>
    /// IEEE half precision (float16) for convolutions and attention, as <see cref="BFloat16"/> else, and a loss that is scaled while
    /// training so that small gradients do not vanish. For GPUs without bfloat16; refused on the CPU, where float16 convolutions take
    /// more than a hundred times as long as float32 ones.
    /// </summary>
    Float16,
}
