using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>What every layer gets in a forward pass.</summary>
/// <param name="Weights">The weights, in the layout's order, in the precision to compute in.</param>
/// <param name="Training">Whether gradients are wanted: activations are then kept.</param>
internal sealed record ForwardContext(IReadOnlyList<Tensor> Weights, bool Training)
{
    /// <summary>Dropout probability of this pass, 0 (the default) for none.</summary>
    public double Dropout { get; init; }

    /// <summary>The generator of dropout's random numbers; null for torch's global generator, which no seed of a run sets.</summary>
    public Generator? DropoutGenerator { get; init; }

    /// <summary>Which images of a batch pass through the network; null for all of them, or where there is no batch.</summary>
    public BatchPart? Part { get; init; }

    /// <summary>The training step of this pass, from 0; null for a prediction.</summary>
    public long? Step { get; init; }

    /// <summary>Counts the arithmetic of a pass; null for no counting.</summary>
    public OperationCount? Operations { get; init; }

    /// <summary>
    /// Uniform numbers for dropout, as many as a tensor has. For a part of a batch, those of the whole batch are drawn, so that an image
    /// gets the same numbers whoever computes it.
    /// </summary>
    /// <param name="values">B×…, with a fixed number of rows for each image.</param>
    public Tensor DrawDropout(Tensor values)
    {
        long[] shape = values.shape;
        if (Part is not { } part)
        {
            return SeededNumbers.Uniform(shape, values.device, DropoutGenerator);
        }

        long rows = shape[0], each = rows / part.Count;
        shape[0] = each * part.Whole;

        // Not a view: it would keep the numbers of the whole batch in memory.
        using Tensor whole = SeededNumbers.Uniform(shape, values.device, DropoutGenerator);
        using Tensor mine = whole.narrow(0, each * part.First, rows);
        return mine.clone();
    }

    /// <summary>
    /// A generator that begins anew at the seed of <see cref="DropoutGenerator"/>; null where that is null. The caller disposes it.
    /// </summary>
    public Generator? BeginDropoutAnew() =>
        DropoutGenerator is null ? null : SeededNumbers.Begin((ulong)DropoutGenerator.initial_seed());

    /// <summary>
    /// Standard normal numbers for the loss of a training step, rows×each. Every call begins anew at the generator's seed and draws for the
    /// whole batch, so that an image gets the same numbers in any part of it: in another process, or in a slice that saves memory. Owned by
    /// the surrounding dispose scope.
    /// </summary>
    /// <param name="rows">Number of images.</param>
    /// <param name="each">Numbers for each image.</param>
    /// <param name="device">Where they are needed.</param>
    public Tensor DrawNormal(long rows, long each, Device device)
    {
        using Generator? anew = BeginDropoutAnew();
        return Part is null
            ? SeededNumbers.Normal([rows, each], device, anew)
            : SeededNumbers.Normal([Part.Whole, each], device, anew).narrow(0, Part.First, rows);
    }
}

/// <summary>Some images of a batch, which follow one another.</summary>
/// <param name="First">The first of them, from 0.</param>
/// <param name="Count">Their number.</param>
/// <param name="Whole">Number of images in the batch.</param>
internal sealed record BatchPart(int First, int Count, int Whole)
{
    /// <summary>All images of a batch.</summary>
    public static BatchPart WholeOf(int images) => new(0, images, images);

    /// <summary>The share of one of several processes: the shares differ by one image at most.</summary>
    /// <param name="images">Images in the batch, at least as many as processes.</param>
    /// <param name="rank">The number of the process, from 0.</param>
    /// <param name="processes">Number of processes.</param>
    public static BatchPart Of(int images, int rank, int processes)
    {
        int first = At(rank);
        return new(first, At(rank + 1) - first, images);

        int At(int process) => (int)((long)images * process / processes);
    }

    /// <summary>Whether it is the whole batch.</summary>
    public bool IsWhole => Count == Whole;

    /// <summary>Some images of this part.</summary>
    public BatchPart Slice(long first, long count) => new(First + (int)first, (int)count, Whole);
}

/// <summary>Counts the arithmetic of a pass.</summary>
internal sealed class OperationCount
{
    /// <summary>
    /// Floating-point operations of convolutions and attention, where a multiplication and an addition count as two. The rest is small and
    /// not counted.
    /// </summary>
    public long Total { get; private set; }

    /// <summary>Adds a product of matrices, or what amounts to one.</summary>
    public void Add(long outputs, long termsEach) => Total += 2 * outputs * termsEach;
}
