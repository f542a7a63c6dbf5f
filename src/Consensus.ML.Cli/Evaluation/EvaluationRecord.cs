using System.Text.Json.Serialization;
using Consensus.ML.Cli.Records;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>The record of a case: all its scores. evaluation-record.schema.json describes its file.</summary>
/// <param name="FormatVersion">Version of this file's format.</param>
/// <param name="Manifest">The SHA-256 of the manifest that it belongs to, as the manifest carries it.</param>
/// <param name="Index">The place of the case in the manifest, from 0.</param>
/// <param name="Scores">The scores, with the name and the group of the case.</param>
internal sealed record EvaluationRecord(int FormatVersion, string Manifest, int Index, CaseMetrics Scores) : ICaseRecord
{
    /// <summary>The version that this command writes, and the newest that it reads.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>The scores of the volumes of several slices of which this is the last; null where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CaseMetrics>? Volumes { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public string Name => Scores.Name;
}
