using Consensus.ML.Graphs;
using Consensus.ML.Torch.Networks;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>Deep attentional features after Wang et al. 2018, trained on the majority at every output.</summary>
internal sealed class AttentionalVariant : OnePassVariant
{
    private readonly AttentionalPyramid _network;

    /// <param name="description">The model.</param>
    public AttentionalVariant(UNetDescription description)
        : base(description, new MajorityTarget()) =>
        _network = new(Layout, description.Network, description.ImageChannels, Target.Count);

    /// <inheritdoc/>
    public override Tensor Logits(ForwardContext context, Tensor images) => _network.Forward(context, images);

    /// <inheritdoc/>
    public override GraphValue EmitLogits(GraphContext context, GraphValue images) => _network.Emit(context, images);

    /// <summary>Deep supervision: the mean of the losses of all outputs, before and after the levels are refined.</summary>
    public override Tensor Loss(ForwardContext context, UNetBatch batch, double diceWeight)
    {
        using var scope = NewDisposeScope();
        return stack(_network.EveryOutput(context, batch.Images)
                .Select(output => OnePassLosses.CrossEntropyAndDice(output, batch.Targets, batch.Present, diceWeight)))
            .mean()
            .MoveToOuterDisposeScope();
    }
}
