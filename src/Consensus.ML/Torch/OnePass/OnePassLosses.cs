using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.OnePass;

/// <summary>The losses of one-pass networks.</summary>
internal static class OnePassLosses
{
    /// <summary>
    /// Cross-entropy and soft Dice loss, averaged over the pixels of an output, then over the outputs of an image that have a target, then
    /// over the images.
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
            losses = losses.Plus(DiceLoss(logits, targets).Times(diceWeight));
        }

        return (present is null ? losses.mean() : ((losses * present).sum(1) / present.sum(1)).mean()).MoveToOuterDisposeScope();
    }

    /// <summary>Soft Dice loss of each output, 0 to 1, B×heads; the diffusion model has the same loss on x_0.</summary>
    private static Tensor DiceLoss(Tensor logits, Tensor targets)
    {
        Tensor share = logits.sigmoid().flatten(2), truth = targets.flatten(2);
        Tensor overlap = (share * truth).sum(2).Times(2).Plus(1);
        return (overlap / share.sum(2).Plus(truth.sum(2)).Plus(1)).SubtractedFrom(1);
    }
}
