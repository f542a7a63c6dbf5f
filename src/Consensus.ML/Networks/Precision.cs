namespace Consensus.ML.Networks;

/// <summary>Number format of the heavy arithmetic.</summary>
public enum Precision
{
    /// <summary>32-bit floating point throughout.</summary>
    Float32,

    /// <summary>bfloat16 for convolutions and attention, with float32 weights, losses and normalisation kept beside it.</summary>
    BFloat16,
}
