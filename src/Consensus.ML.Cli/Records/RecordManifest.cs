namespace Consensus.ML.Cli.Records;

/// <summary>
/// What the records in a folder belong to: the ordered cases, the model and every option that decides what a record says. It is the file
/// <c>manifest.json</c>; evaluation-manifest.schema.json, structures-manifest.schema.json and prediction-manifest.schema.json describe it.
/// </summary>
/// <typeparam name="TSettings">The type of the options.</typeparam>
/// <param name="FormatVersion">Version of this file's format.</param>
/// <param name="Kind">What the records are: evaluation, structures or prediction.</param>
/// <param name="Shards">Into how many shards the cases are divided.</param>
/// <param name="Device">What computes: cpu or cuda. Their maps differ by rounding.</param>
/// <param name="ModelSha256">The SHA-256 of the model's file.</param>
/// <param name="Settings">Every option that decides what a record says.</param>
/// <param name="Cases">The cases, in their order; of a prediction without masks.</param>
internal sealed record RecordManifest<TSettings>(
    int FormatVersion,
    string Kind,
    int Shards,
    string Device,
    string ModelSha256,
    TSettings Settings,
    IReadOnlyList<ManifestCase> Cases)
    where TSettings : IRecordSettings;
