using Consensus.ML.Graphs;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>
/// A network that draws whole masks, as any of the raters might: each prediction is a set of them. It learns the mask of a rater who is
/// chosen at random for each image of each step.
/// </summary>
internal sealed class MaskDrawing : OnePassVariant
{
    private readonly ISampledNetwork _network;

    /// <param name="description">The model.</param>
    /// <param name="create">Makes the network, which declares its weights.</param>
    public MaskDrawing(UNetDescription description, Func<WeightLayout, ISampledNetwork> create)
        : base(description, new AnyRaterTarget()) => _network = create(Layout);

    /// <inheritdoc/>
    /// <remarks>One sample of each image; random numbers come from the context's generator.</remarks>
    public override Tensor Logits(ForwardContext context, Tensor images)
    {
        using var scope = NewDisposeScope();
        Tensor noise = context.DrawNormal(images.shape[0], _network.NoiseSize, images.device);
        return cat([.. Enumerable.Range(0, (int)images.shape[0]).Select(image => _network.Sample(
            context, _network.Condition(context, images.narrow(0, image, 1)), noise.narrow(0, image, 1)))], 0)
            .unsqueeze(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>The network's own loss; a soft Dice loss has no part in it.</remarks>
    public override Tensor Loss(ForwardContext context, UNetBatch batch, double diceWeight)
    {
        using var scope = NewDisposeScope();
        Tensor noise = context.DrawNormal(batch.Images.shape[0], _network.TrainingNoiseSize, batch.Images.device);
        return _network.Loss(context, batch.Images, batch.Targets, noise).mean().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Maps(OnePassPasses passes) => passes.Draw(_network);

    /// <inheritdoc/>
    public override GraphValue EmitLogits(GraphContext context, GraphValue images) =>
        throw new InvalidOperationException("A network that draws masks writes its samples into a graph, not one output.");

    /// <inheritdoc/>
    public override GraphValue EmitMaps(GraphPrediction prediction, GraphValue image)
    {
        if (prediction.Seed is not ulong seed)
        {
            throw new NotSupportedException(
                $"The kind {Description.Kind} can be exported with constant noise only, not with noise as an input.");
        }

        if (prediction.Sampling.Tolerance is not null)
        {
            throw new NotSupportedException(
                "Tolerance ends sampling when the maps hardly change, and a graph with constant noise always takes all generations: "
                + "set Tolerance to null (WithSampling; --tolerance 0).");
        }

        var noise = new CpuNoise(seed);
        Mirrored[] views = prediction.Mirroring.ViewsFor(prediction.Sampling);
        int members = prediction.Members, count = checked(members * prediction.Sampling.Generations);
        float[][] drawn = [.. Enumerable.Range(0, count).Select(_ => noise.Normal(_network.NoiseSize))];
        GraphContext[] contexts = [.. Enumerable.Range(0, members).Select(member => prediction.Context(Layout, member))];

        // Samples take turns at members and views, as in OnePassPasses. Those of one member and view are computed together.
        var maps = new List<GraphValue>();
        var order = new List<int>();
        foreach (IGrouping<(int Member, int View), int> together in Enumerable.Range(0, count)
            .GroupBy(sample => (sample % members, sample / members % views.Length)))
        {
            int[] samples = [.. together];
            GraphValue given = prediction.Graph.Constant(
                samples.SelectMany(sample => drawn[sample]).ToArray().AsMemory(), samples.Length, _network.NoiseSize);
            Mirrored view = views[together.Key.View];
            GraphValue logits = prediction.Check(_network.EmitSamples(
                contexts[together.Key.Member], prediction.Mirroring.EmitView(image, view, prediction.Sampling), given));
            maps.Add(Mirroring.EmitFlip(logits.Sigmoid(), view));
            order.AddRange(samples);
        }

        return GraphValue.Join(maps, 0).Rows(prediction.Graph.Integers(
            [.. Enumerable.Range(0, count).Select(sample => (long)order.IndexOf(sample))]));
    }

    /// <inheritdoc/>
    public override GraphMaps EmitReduced(GraphValue maps)
    {
        // Each sample counts as a generation.
        GraphMaps reduced = base.EmitReduced(maps);
        return reduced with { Samples = maps.WithAxis(1) };
    }
}
