using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Models;

/// <summary>Reduces the samples of a slice to its maps, according to the training target (the paper's section 3.2 and Table 2).</summary>
internal static class SampleReduction
{
    /// <param name="samples">Generations × C × H × W in [0, 1], on the CPU.</param>
    /// <param name="target">What the network learned to draw.</param>
    /// <param name="keepSamples">Whether the prediction keeps the samples; there may be hundreds of them.</param>
    public static ConsensusPrediction Reduce(Tensor samples, TrainingTarget target, bool keepSamples = false)
    {
        using var scope = NewDisposeScope();
        long generations = samples.shape[0], levels = samples.shape[1];
        Tensor softMaps = samples.mean([1]);
        Tensor uncertainty = generations == 1 ? zeros_like(softMaps[0]) : softMaps.std(0, unbiased: false);
        Tensor means = samples.mean([0]);
        (Tensor soft, Tensor maps) = target switch
        {
            // A level is marked where the generations' mean is above one half, not at exactly one half.
            TrainingTarget.Consensus => (Rounded(means), means),

            // The c-th largest of C masks is 1 where at least c of them are marked.
            TrainingTarget.Annotator or TrainingTarget.AnyAnnotator => (Rounded(means), samples.sort(1, descending: true).Values.mean([0])),

            TrainingTarget.SoftLabel => (means.mean([0]), Slabs(means.mean([0]), levels)),
            _ => throw new ArgumentOutOfRangeException(nameof(target), target, "The training target is unknown."),
        };
        return new(soft.ToArray(), maps.ToArray(), uncertainty.ToArray(), keepSamples ? samples.ToArray() : null);
    }

    /// <summary>The levels of a soft map, H×W: a stack of C slabs of height 1/C, of which slab c fills from (c − 1)/C to c/C.</summary>
    public static Tensor Slabs(Tensor softMap, long levels) =>
        (softMap.unsqueeze(0).Times(levels) - TensorArithmetic.Range(0, levels, ScalarType.Float32, softMap.device).view(-1, 1, 1)).Clamped(
            0, 1);

    /// <summary><see cref="Reduce"/> in a graph.</summary>
    public static GraphMaps Emit(GraphValue samples, TrainingTarget target)
    {
        long levels = samples.Shape[1];
        GraphValue means = samples.Mean(0);
        (GraphValue soft, GraphValue maps) = target switch
        {
            TrainingTarget.Consensus => (EmitRounded(means), means),
            TrainingTarget.Annotator or TrainingTarget.AnyAnnotator => (EmitRounded(means), samples.Descending(1).Mean(0)),
            TrainingTarget.SoftLabel => (means.Mean(0), EmitSlabs(means.Mean(0), levels)),
            _ => throw new ArgumentOutOfRangeException(nameof(target), target, "The training target is unknown."),
        };
        return new(soft, maps, samples.Mean(1).Deviation(0), samples);
    }

    /// <summary><see cref="Slabs"/> in a graph.</summary>
    public static GraphValue EmitSlabs(GraphValue softMap, long levels)
    {
        float[] below = [.. Enumerable.Range(0, (int)levels).Select(level => (float)level)];
        return softMap.WithAxis(0).Times(levels).Minus(softMap.Graph.Constant(below, levels, 1, 1)).Clamped(0, 1);
    }

    private static GraphValue EmitRounded(GraphValue means) => means.Above(0.5).As(GraphType.Single).Mean(0);

    private static Tensor Rounded(Tensor means) => means.Above(0.5).to_type(ScalarType.Float32).mean([0]);
}
