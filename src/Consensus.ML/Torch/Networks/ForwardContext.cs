using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>What every layer gets in a forward pass.</summary>
/// <param name="Weights">The weights, in the layout's order, in the precision to compute in.</param>
/// <param name="Training">Whether gradients are wanted: activations are then kept.</param>
internal sealed record ForwardContext(IReadOnlyList<Tensor> Weights, bool Training)
{
    /// <summary>Dropout probability of this pass, 0 (the default) for none.</summary>
    public double Dropout { get; init; }

    /// <summary>The generator of dropout's random numbers; null for torch's global generator, which no seed of a run sets.</summary>
    public Generator? DropoutGenerator { get; init; }

    /// <summary>Counts the arithmetic of a pass; null for no counting.</summary>
    public OperationCount? Operations { get; init; }
}

/// <summary>Counts the arithmetic of a pass.</summary>
internal sealed class OperationCount
{
    /// <summary>
    /// Floating-point operations of convolutions and attention, where a multiplication and an addition count as two. The rest is small and
    /// not counted.
    /// </summary>
    public long Total { get; private set; }

    /// <summary>Adds a product of matrices, or what amounts to one.</summary>
    public void Add(long outputs, long termsEach) => Total += 2 * outputs * termsEach;
}
