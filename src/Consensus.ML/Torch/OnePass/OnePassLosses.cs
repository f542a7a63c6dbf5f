using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.OnePass;

/// <summary>The losses of one-pass networks.</summary>
internal static class OnePassLosses
{
    /// <summary>
    /// Cross-entropy and <see cref="SoftDiceLoss"/>, averaged over the pixels of an output, then over the outputs of an image that have a
    /// target, then over the images.
    /// </summary>
    /// <param name="logits">B×heads×H×W.</param>
    /// <param name="targets">B×heads×H×W in [0, 1].</param>
    /// <param name="present">B×heads of 0 and 1, with at least one 1 for each image; null for all.</param>
    /// <param name="diceWeight">Weight of the soft Dice loss.</param>
    public static Tensor CrossEntropyAndDice(Tensor logits, Tensor targets, Tensor? present, double diceWeight)
    {
        using var scope = NewDisposeScope();
        Tensor losses = functional.binary_cross_entropy_with_logits(logits, targets, reduction: Reduction.None).flatten(2).mean([2]);
        if (diceWeight > 0)
        {
            losses = losses.Plus(SoftDiceLoss.Of(logits.sigmoid().flatten(2), targets.flatten(2)).Times(diceWeight));
        }

        return (present is null ? losses.mean() : ((losses * present).sum(1) / present.sum(1)).mean()).MoveToOuterDisposeScope();
    }
}
