using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>Takes a batch in slices, so that the activations of one slice at a time are held.</summary>
internal static class MicroBatches
{
    /// <summary>Adds the gradients of some images of a batch.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="share">Their share in the batch, by which their gradients count.</param>
    /// <returns>Their mean loss.</returns>
    public delegate Tensor Slice(long first, long count, double share);

    /// <summary>The mean loss over a batch; owned by the surrounding dispose scope.</summary>
    /// <param name="images">Images in the batch.</param>
    /// <param name="most">The most in a slice; null for all.</param>
    /// <param name="differentiate">Adds the gradients of a slice.</param>
    public static Tensor Sum(long images, int? most, Slice differentiate)
    {
        using var scope = NewDisposeScope();
        long size = most ?? images;
        var losses = new List<Tensor>();
        for (long first = 0; first < images; first += size)
        {
            using var slice = NewDisposeScope();
            long count = Math.Min(size, images - first);
            double share = (double)count / images;
            losses.Add(differentiate(first, count, share).detach().Times(share).MoveToOuterDisposeScope());
        }

        return (losses.Count == 1 ? losses[0] : stack(losses).sum()).MoveToOuterDisposeScope();
    }
}
