using Consensus.ML.Cli.Records;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// What the records of <c>consensus predict</c> belong to: the ordered inputs, the model and every option that decides a map.
/// prediction-manifest.schema.json describes its file.
/// </summary>
/// <param name="FormatVersion">Version of this file's format.</param>
/// <param name="Kind">What the records are: always "prediction".</param>
/// <param name="Shards">Into how many shards the inputs are divided.</param>
/// <param name="Device">What computes: cpu or cuda. Their maps differ by rounding.</param>
/// <param name="ModelSha256">The SHA-256 of the model's file.</param>
/// <param name="Settings">Everything else that decides a map.</param>
/// <param name="Cases">The inputs, in their order; without masks.</param>
internal sealed record PredictionManifest(
    int FormatVersion,
    string Kind,
    int Shards,
    string Device,
    string ModelSha256,
    PredictionSettings Settings,
    IReadOnlyList<ManifestCase> Cases) : IRecordManifest<PredictionManifest>
{
    /// <inheritdoc/>
    public static int CurrentFormatVersion => 1;

    /// <inheritdoc/>
    public static string KindName => "prediction";

    /// <inheritdoc/>
    public PredictionManifest WithoutFiles() => this with { Cases = [], ModelSha256 = "" };
}
