namespace Consensus.ML.Segmentation.Models;

/// <summary>A member of an ensemble after the first: how its weights were trained, and where they are.</summary>
internal sealed record ManifestMember(int Seed, ManifestTraining Training)
{
    /// <summary>Null in memory; always present in a file.</summary>
    public ManifestWeights? Weights { get; init; }
}
