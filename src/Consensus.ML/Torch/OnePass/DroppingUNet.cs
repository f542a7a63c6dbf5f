using Consensus.ML.Options;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>Monte-Carlo dropout: the U-Net drops values in training and in each of several passes of a prediction.</summary>
/// <param name="description">The model.</param>
internal sealed class DroppingUNet(UNetDescription description) : PlainUNet(description, new AnyRaterTarget())
{
    /// <inheritdoc/>
    public override double TrainingDropout => Description.PassDropout;

    /// <inheritdoc/>
    public override string GraphRefusal =>
        $"The kind {UNetKind.MonteCarloDropout} draws at random, inside the network, what each pass drops. A graph repeats nothing "
        + "that it draws itself, so it cannot give this model's maps; every other kind can be exported.";

    /// <inheritdoc/>
    public override Tensor Maps(OnePassPasses passes) => passes.InTurn(Logits, Description.PassDropout);
}
