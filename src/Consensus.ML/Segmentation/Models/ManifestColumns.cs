namespace Consensus.ML.Segmentation.Models;

/// <summary>The columns that a model reads and writes.</summary>
internal sealed record ManifestColumns(string Features, string SoftMap, string ConsensusMaps, string Uncertainty)
{
    /// <summary>The default name of the column of samples.</summary>
    public const string DefaultSamples = "Samples";

    /// <summary>Older manifests do not have this member; their models use the default name.</summary>
    public string Samples { get; init; } = DefaultSamples;
}
