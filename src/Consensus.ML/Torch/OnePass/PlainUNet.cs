using Consensus.ML.Graphs;
using Consensus.ML.Torch.Networks;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>The U-Net of the diffusion model without time, level and image encoder, with an output for each target.</summary>
internal class PlainUNet : OnePassVariant
{
    private readonly UNet _network;

    /// <param name="description">The model.</param>
    /// <param name="target">What it learns of the raters.</param>
    public PlainUNet(UNetDescription description, OnePassTarget target)
        : base(description, target) =>
        _network = new(
            Layout, description.Network, Math.Min(description.Height, description.Width), description.ImageChannels, target.Count,
            embedding: null);

    /// <inheritdoc/>
    public override Tensor Logits(ForwardContext context, Tensor images) =>
        _network.Forward(context, _network.Enter(context, images), embedding: null);

    /// <inheritdoc/>
    public override GraphValue EmitLogits(GraphContext context, GraphValue images) =>
        _network.Emit(context, _network.EmitEnter(context, images), embedding: null);
}
