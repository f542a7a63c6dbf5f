using Consensus.ML.Graphs;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>
/// MRNet after Ji et al. 2021: a map for raters of given expertise, refined by where the raters' reconstructed masks differ.
/// </summary>
internal sealed class MultiRaterVariant : OnePassVariant
{
    private readonly MultiRaterNetwork _network;
    private readonly float[] _expertise;

    /// <param name="description">The model.</param>
    public MultiRaterVariant(UNetDescription description)
        : base(description, new ExpertiseTarget(description.Levels))
    {
        int raters = description.Levels;
        _network = new(
            Layout, description.Network, Math.Min(description.Height, description.Width), description.ImageChannels, raters);
        IReadOnlyList<double> weights = description.Expertise ?? [.. Enumerable.Repeat(1.0, raters)];
        double sum = weights.Sum();
        _expertise = [.. weights.Select(weight => (float)(weight / sum))];
    }

    /// <inheritdoc/>
    public override int MapsOfPass => Description.Levels;

    /// <inheritdoc/>
    /// <returns>B×(1 + raters)×H×W: the refined map, then the mask of each rater.</returns>
    public override Tensor Logits(ForwardContext context, Tensor images)
    {
        using var scope = NewDisposeScope();
        Tensor expertise = _expertise.ToTensor(images.device, 1, _expertise.Length).expand(images.shape[0], _expertise.Length);
        return _network.Forward(context, images, expertise).narrow(1, 0, 1 + Description.Levels).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override GraphValue EmitLogits(GraphContext context, GraphValue images) =>
        _network.Emit(context, images, context.Graph.Constant(_expertise, 1, _expertise.Length)).Part(1, 0, 1 + Description.Levels);

    /// <summary>The sum of the losses of the first map, the refined map, and the raters' masks.</summary>
    public override Tensor Loss(ForwardContext context, UNetBatch batch, double diceWeight)
    {
        ArgumentNullException.ThrowIfNull(batch.Inputs);
        ArgumentNullException.ThrowIfNull(batch.Present);
        using var scope = NewDisposeScope();
        long raters = Description.Levels;
        Tensor output = _network.Forward(context, batch.Images, batch.Inputs), truth = batch.Targets.narrow(1, 0, 1);
        return OnePassLosses.CrossEntropyAndDice(output.narrow(1, 1 + raters, 1), truth, null, diceWeight)
            .Plus(OnePassLosses.CrossEntropyAndDice(output.narrow(1, 0, 1), truth, null, diceWeight))
            .Plus(OnePassLosses.CrossEntropyAndDice(
                output.narrow(1, 1, raters), batch.Targets.narrow(1, 1, raters), batch.Present.narrow(1, 1, raters), diceWeight))
            .MoveToOuterDisposeScope();
    }

    /// <summary>What the refined map and the mask of each rater say; from the masks alone, their mean is the soft map.</summary>
    /// <param name="maps">(1 + raters)×H×W, or raters×H×W for the masks alone.</param>
    /// <param name="keepSamples">Whether the masks are part of the prediction.</param>
    public override ConsensusPrediction Reduce(Tensor maps, bool keepSamples = false)
    {
        using var scope = NewDisposeScope();
        if (maps.shape[0] == Description.Levels)
        {
            return base.Reduce(maps, keepSamples);
        }

        ConsensusPrediction refined = MapReduction.Reduce(
            maps.narrow(0, 0, 1), MapMeaning.SoftMaps, Description.Levels, Description.Rounded);
        return base.Reduce(maps.narrow(0, 1, Description.Levels), keepSamples) with { SoftMap = refined.SoftMap };
    }

    /// <inheritdoc/>
    public override GraphMaps EmitReduced(GraphValue maps) => base.EmitReduced(maps.Part(0, 1, Description.Levels)) with
    {
        SoftMap = MapReduction.EmitSoftMap(maps.Part(0, 0, 1), Description.Rounded),
    };
}
