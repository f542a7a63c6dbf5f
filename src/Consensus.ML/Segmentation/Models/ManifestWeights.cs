namespace Consensus.ML.Segmentation.Models;

/// <summary>A file of weights beside the manifest: its name, its size in bytes, and its SHA-256 in lower-case hexadecimal digits.</summary>
internal sealed record ManifestWeights(string File, long Bytes, string Sha256);
