using Consensus.ML.Graphs;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// Mixes how much each rater counts into features: one step of a convolutional LSTM cell (Shi et al. 2015) whose input are the features,
/// and whose hidden state and memory are an embedding of the vector (Ji et al. 2021, the expertise-aware inferring module).
/// </summary>
internal sealed class ExpertiseCell
{
    private readonly Linear _embedding;
    private readonly Convolution _gates;

    /// <param name="layout">Where its weights are declared.</param>
    /// <param name="name">The beginning of their names.</param>
    /// <param name="raters">Number of raters.</param>
    /// <param name="channels">Channels of the features.</param>
    public ExpertiseCell(WeightLayout layout, string name, long raters, long channels)
    {
        _embedding = new(layout, $"{name}.embedding", raters, channels);
        _gates = new(layout, $"{name}.gates", 2 * channels, 4 * channels);
    }

    /// <param name="context">Weights and mode.</param>
    /// <param name="features">B×channels×H×W.</param>
    /// <param name="expertise">B×raters float32, whose rows sum to 1.</param>
    /// <returns>B×channels×H×W, each value between −1 and 1.</returns>
    public Tensor Forward(ForwardContext context, Tensor features, Tensor expertise)
    {
        using var scope = NewDisposeScope();
        Tensor state = _embedding.Forward(context, expertise).to_type(features.dtype).unsqueeze(-1).unsqueeze(-1).expand_as(features);
        Tensor[] gates = _gates.Forward(context, cat([features, state], 1)).chunk(4, 1);
        Tensor memory = (gates[1].sigmoid() * state).Plus(gates[0].sigmoid() * gates[3].tanh());
        return (gates[2].sigmoid() * memory.tanh()).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Forward"/> in a graph; the vector may be a single row.</summary>
    public GraphValue Emit(GraphContext context, GraphValue features, GraphValue expertise)
    {
        GraphValue state = _embedding.Emit(context, expertise).WithAxis(-1).WithAxis(-1).Plus(features.Times(0));
        GraphValue[] gates = _gates.Emit(context, GraphValue.Join([features, state], 1)).Parts(1, 4);
        GraphValue memory = gates[1].Sigmoid().Times(state).Plus(gates[0].Sigmoid().Times(gates[3].Tanh()));
        return gates[2].Sigmoid().Times(memory.Tanh());
    }
}
