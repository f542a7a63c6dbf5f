using static TorchSharp.torch;

namespace Consensus.ML.Networks;

/// <summary>What a forward pass carries to every layer.</summary>
/// <param name="Weights">The weights, in the layout's order, in the precision to compute in.</param>
/// <param name="Training">Whether gradients are wanted: activations are then kept, and dropout is on.</param>
internal sealed record ForwardContext(IReadOnlyList<Tensor> Weights, bool Training)
{
    /// <summary>Dropout probability; used while training only.</summary>
    public double Dropout { get; init; }
}
