using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>Computes a batch in slices, so that memory holds the activations of one slice at a time.</summary>
internal static class MicroBatches
{
    /// <summary>Adds the gradients of some images of a batch.</summary>
    /// <param name="context">The context of their pass.</param>
    /// <param name="first">The first image.</param>
    /// <param name="count">Number of images.</param>
    /// <param name="share">Their share of the whole batch: the weight of their gradients.</param>
    /// <returns>Their mean loss.</returns>
    public delegate Tensor Slice(ForwardContext context, long first, long count, double share);

    /// <summary>
    /// The loss of a part of a batch, which is its share of the mean over the batch; owned by the surrounding dispose scope.
    /// </summary>
    /// <param name="context">The context of the step.</param>
    /// <param name="part">The part.</param>
    /// <param name="most">Maximum number of images in a slice; null for all.</param>
    /// <param name="differentiate">Adds the gradients of a slice.</param>
    public static Tensor Sum(ForwardContext context, BatchPart part, int? most, Slice differentiate)
    {
        using var scope = NewDisposeScope();
        long images = part.Count, size = most ?? images;
        var losses = new List<Tensor>();
        for (long first = 0; first < images; first += size)
        {
            using var slice = NewDisposeScope();
            long count = Math.Min(size, images - first);
            double share = (double)count / part.Whole;

            // Every slice draws the numbers of the whole batch, from the first on. So an image gets the same dropout in any slice.
            bool isWhole = count == part.Whole;
            using Generator? dropout = isWhole ? null : context.BeginDropoutAnew();
            ForwardContext pass = isWhole
                ? context
                : context with { Part = part.Slice(first, count), DropoutGenerator = dropout };
            losses.Add(differentiate(pass, first, count, share).detach().Times(share).MoveToOuterDisposeScope());
        }

        return (losses.Count == 1 ? losses[0] : stack(losses).sum()).MoveToOuterDisposeScope();
    }
}
