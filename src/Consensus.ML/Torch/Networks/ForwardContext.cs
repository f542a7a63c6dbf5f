using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>What a forward pass carries to every layer.</summary>
/// <param name="Weights">The weights, in the layout's order, in the precision to compute in.</param>
/// <param name="Training">Whether gradients are wanted: activations are then kept.</param>
internal sealed record ForwardContext(IReadOnlyList<Tensor> Weights, bool Training)
{
    /// <summary>Dropout probability of this pass, 0 for none: predictions that want none leave it out.</summary>
    public double Dropout { get; init; }

    /// <summary>Where dropout's random numbers come from; null for torch's own generator, whose state no seed of a run reaches.</summary>
    public Generator? DropoutGenerator { get; init; }

    /// <summary>Counts the arithmetic of a pass; null for no counting.</summary>
    public OperationCount? Operations { get; init; }
}

/// <summary>How much arithmetic a pass asks for.</summary>
internal sealed class OperationCount
{
    /// <summary>
    /// Floating-point operations of convolutions and attention, a multiplication and an addition counted as two; the rest
    /// is left out as small.
    /// </summary>
    public long Total { get; private set; }

    /// <summary>Adds a product of matrices, or what amounts to one.</summary>
    public void Add(long outputs, long termsEach) => Total += 2 * outputs * termsEach;
}
