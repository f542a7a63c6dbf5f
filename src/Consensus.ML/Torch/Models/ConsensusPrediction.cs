namespace Consensus.ML.Torch.Models;

/// <summary>A model's prediction for one slice.</summary>
/// <param name="SoftMap">H×W in [0, 1]: predicted share of raters.</param>
/// <param name="ConsensusMaps">C×H×W in [0, 1]: the map of each level, averaged over generations.</param>
/// <param name="Uncertainty">H×W, at least 0: standard deviation of the soft map over generations.</param>
/// <param name="Samples">N×H×W in [0, 1]: every sampled map, generation by generation and level by level; null unless requested.</param>
internal sealed record ConsensusPrediction(float[] SoftMap, float[] ConsensusMaps, float[] Uncertainty, float[]? Samples = null)
{
    /// <summary>R×H×W in [0, 1]: the mask of each named rater, averaged over generations; empty where the model has none.</summary>
    public float[] RaterMaps { get; init; } = [];

    /// <summary>The predictions of the structures after the first, in their order; empty where the model has one structure.</summary>
    public IReadOnlyList<ConsensusPrediction> Further { get; init; } = [];

    /// <summary>The prediction of a structure, from 0.</summary>
    public ConsensusPrediction Of(int structure) => structure == 0 ? this : Further[structure - 1];
}
