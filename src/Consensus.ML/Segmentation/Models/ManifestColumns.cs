namespace Consensus.ML.Segmentation.Models;

/// <summary>The columns a model reads and writes.</summary>
internal sealed record ManifestColumns(string Features, string SoftMap, string ConsensusMaps, string Uncertainty)
{
    /// <summary>Older manifests do not have this member; their models use the default name.</summary>
    public string Samples { get; init; } = SegmentationOptions.DefaultSamplesColumnName;

    public static ManifestColumns FromOptions(SegmentationOptions options) =>
        new(options.FeaturesColumnName, options.SoftMapColumnName, options.ConsensusMapsColumnName, options.UncertaintyColumnName)
        {
            Samples = options.SamplesColumnName,
        };
}
