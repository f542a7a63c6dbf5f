namespace Consensus.ML.Torch.Kernels;

/// <summary>What follows a normalisation.</summary>
internal enum Activation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>z · sigmoid(z) (SiLU, also called swish).</summary>
    Silu,

    /// <summary>max(z, 0).</summary>
    Relu,
}
