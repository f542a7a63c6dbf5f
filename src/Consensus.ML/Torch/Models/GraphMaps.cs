using Consensus.ML.Graphs;

namespace Consensus.ML.Torch.Models;

/// <summary>The maps of a slice in a graph: the counterpart of <see cref="ConsensusPrediction"/>.</summary>
/// <param name="SoftMap">H×W in [0, 1]: predicted share of raters.</param>
/// <param name="ConsensusMaps">C×H×W in [0, 1]: the map of each level, averaged over generations.</param>
/// <param name="Uncertainty">H×W, at least 0: standard deviation of the soft map over generations.</param>
/// <param name="Samples">Generations × maps × H × W in [0, 1]: every map before any averaging.</param>
internal sealed record GraphMaps(GraphValue SoftMap, GraphValue ConsensusMaps, GraphValue Uncertainty, GraphValue Samples)
{
    /// <summary>R×H×W in [0, 1]: the mask of each named rater, averaged over generations; null where there is none.</summary>
    public GraphValue? RaterMaps { get; init; }

    /// <summary>The maps of the structures after the first, in their order; empty where the model has one structure.</summary>
    public IReadOnlyList<GraphMaps> Further { get; init; } = [];

    /// <summary>The maps of a structure, from 0.</summary>
    public GraphMaps Of(int structure) => structure == 0 ? this : Further[structure - 1];
}
