using Consensus.ML.Cli.Records;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>
/// What the records in a folder belong to: the ordered cases, the model and every option that decides a score. It is the file
/// <c>manifest.json</c>; evaluation-manifest.schema.json describes it.
/// </summary>
/// <param name="FormatVersion">Version of this file's format.</param>
/// <param name="Kind">What the records are: always "evaluation".</param>
/// <param name="Shards">Into how many shards the cases are divided.</param>
/// <param name="Device">What computes: cpu or cuda. Their maps differ by rounding.</param>
/// <param name="ModelSha256">The SHA-256 of the model's file.</param>
/// <param name="Settings">Everything else that decides a score.</param>
/// <param name="Cases">The cases, in their order.</param>
internal sealed record EvaluationManifest(
    int FormatVersion,
    string Kind,
    int Shards,
    string Device,
    string ModelSha256,
    EvaluationSettings Settings,
    IReadOnlyList<ManifestCase> Cases) : IRecordManifest<EvaluationManifest>
{
    /// <inheritdoc/>
    public static int CurrentFormatVersion => 1;

    /// <inheritdoc/>
    public static string KindName => "evaluation";

    /// <inheritdoc/>
    public EvaluationManifest WithoutFiles() => this with { Cases = [], ModelSha256 = "" };
}
