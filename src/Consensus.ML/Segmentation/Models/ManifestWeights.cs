namespace Consensus.ML.Segmentation.Models;

/// <summary>The weights beside the manifest.</summary>
internal sealed record ManifestWeights(string File, long Bytes, string Sha256);
