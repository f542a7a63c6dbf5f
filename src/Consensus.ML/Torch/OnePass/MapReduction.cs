using Consensus.ML.Graphs;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>Reduces the maps that a one-pass U-Net predicts for a slice to its soft map and levels.</summary>
internal static class MapReduction
{
    /// <param name="maps">N×H×W in [0, 1], on the CPU: a map for each level, rater or pass, or a single map.</param>
    /// <param name="meaning">What the maps are.</param>
    /// <param name="levels">Number of levels C.</param>
    /// <param name="rounded">Whether the soft map is the mean of the rounded maps (1 above 0.5, else 0).</param>
    /// <param name="keepSamples">Whether the maps themselves are part of the prediction.</param>
    public static ConsensusPrediction Reduce(Tensor maps, MapMeaning meaning, int levels, bool rounded, bool keepSamples = false)
    {
        using var scope = NewDisposeScope();
        Tensor soft = (rounded ? maps.Above(0.5).to_type(ScalarType.Float32) : maps).mean([0]);
        Tensor uncertainty = maps.shape[0] == 1 ? zeros_like(soft) : maps.std(0, unbiased: false);
        Tensor consensus = meaning switch
        {
            MapMeaning.Levels => maps,

            // The c-th largest of C masks is 1 where at least c of them are marked.
            MapMeaning.Raters => maps.sort(0, descending: true).Values,
            _ => SampleReduction.Slabs(maps.mean([0]), levels),
        };
        return new(
            soft.ToArray(), consensus.ToArray(), uncertainty.ToArray(), keepSamples ? maps.ToArray() : null);
    }

    /// <summary><see cref="Reduce"/> in a graph; the samples are 1×N×H×W.</summary>
    public static GraphMaps Emit(GraphValue maps, MapMeaning meaning, int levels, bool rounded)
    {
        GraphValue consensus = meaning switch
        {
            MapMeaning.Levels => maps,
            MapMeaning.Raters => maps.Descending(0),
            _ => SampleReduction.EmitSlabs(maps.Mean(0), levels),
        };
        return new(EmitSoftMap(maps, rounded), consensus, maps.Deviation(0), maps.WithAxis(0));
    }

    /// <summary>The soft map of N×H×W maps in a graph.</summary>
    public static GraphValue EmitSoftMap(GraphValue maps, bool rounded) =>
        (rounded ? maps.Above(0.5).As(GraphType.Single) : maps).Mean(0);
}
