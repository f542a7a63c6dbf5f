using Consensus.ML.Graphs;
using Consensus.ML.Torch.Kernels;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>A convolution, group normalisation, and an activation.</summary>
/// <param name="layout">Where its weights are declared.</param>
/// <param name="name">The beginning of their names.</param>
/// <param name="inputs">Input channels.</param>
/// <param name="outputs">Output channels, a multiple of 32.</param>
/// <param name="kernel">Side of the kernel.</param>
/// <param name="activation">What follows the normalisation.</param>
internal sealed class NormedConvolution(
    WeightLayout layout, string name, long inputs, long outputs, int kernel = 3, Activation activation = Activation.Relu)
{
    private readonly Convolution _convolution = new(layout, $"{name}.conv", inputs, outputs, kernel);
    private readonly GroupNormalization _norm = new(layout, $"{name}.norm", outputs);

    /// <summary>The type of the weights. The layer computes in it, and the input must have it.</summary>
    public ScalarType Type(ForwardContext context) => _convolution.Type(context);

    public Tensor Forward(ForwardContext context, Tensor input)
    {
        using var scope = NewDisposeScope();
        return _norm.Forward(context, _convolution.Forward(context, input), activation).MoveToOuterDisposeScope();
    }

    public GraphValue Emit(GraphContext context, GraphValue input) =>
        _norm.Emit(context, _convolution.Emit(context, input), activation);
}
