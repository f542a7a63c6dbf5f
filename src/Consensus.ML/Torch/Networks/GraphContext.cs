using Consensus.ML.Graphs;

namespace Consensus.ML.Torch.Networks;

/// <summary>What every layer gets when it writes itself into an ONNX graph: the counterpart of <see cref="ForwardContext"/>.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Layout">Names and shapes of the weights.</param>
/// <param name="Weights">Their values, in the layout's order.</param>
/// <param name="Prefix">Stands before the names of the weights, so that the members of an ensemble keep theirs apart.</param>
/// <remarks>
/// For each public method of a layer that takes a <see cref="ForwardContext"/> there is one that takes this context: Emit for Forward, and
/// EmitX for X. A test fails where one is missing. Only the arithmetic of predictions in float32 is written: no dropout, no 16-bit formats.
/// </remarks>
internal sealed record GraphContext(
    GraphBuilder Graph,
    WeightLayout Layout,
    IReadOnlyList<ReadOnlyMemory<float>> Weights,
    string Prefix = "")
{
    /// <summary>A weight by its index in the layout.</summary>
    public GraphValue Weight(int index) =>
        Graph.Weights(Prefix + Layout.Specs[index].Name, Weights[index], Layout.Specs[index].Shape);
}
