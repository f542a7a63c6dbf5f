using Consensus.ML.Graphs;
using Consensus.ML.Torch.Networks;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>A fully convolutional network after Long et al. 2015, trained on the majority.</summary>
internal sealed class FullyConvolutionalVariant : OnePassVariant
{
    private readonly FullyConvolutionalNetwork _network;

    /// <param name="description">The model.</param>
    public FullyConvolutionalVariant(UNetDescription description)
        : base(description, new MajorityTarget()) =>
        _network = new(
            Layout, "", description.FullyConvolutional ?? new(), description.Network.ModelChannels, description.ImageChannels,
            Target.Count);

    /// <inheritdoc/>
    public override Tensor Logits(ForwardContext context, Tensor images) => _network.Forward(context, images);

    /// <inheritdoc/>
    public override GraphValue EmitLogits(GraphContext context, GraphValue images) => _network.Emit(context, images);
}
