using System.Text.Json.Serialization;
using Consensus.ML.Cli.Records;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>
/// The record of a case for a model of several structures or named raters: the scores of each structure that was drawn on it.
/// structures-record.schema.json describes its file.
/// </summary>
/// <param name="FormatVersion">Version of this file's format.</param>
/// <param name="Manifest">The SHA-256 of the manifest that it belongs to, as the manifest carries it.</param>
/// <param name="Index">The place of the case in the manifest, from 0.</param>
/// <param name="Name">The name of the case.</param>
/// <param name="Structures">The structures.</param>
internal sealed record StructureRecord(
    int FormatVersion, string Manifest, int Index, string Name, IReadOnlyList<StructureScores> Structures) : ICaseRecord
{
    /// <summary>The version that this command writes, and the newest that it reads.</summary>
    public const int CurrentFormatVersion = 1;
}

/// <summary>The scores of a structure of a case.</summary>
/// <param name="Structure">Its name; empty for a structure without a name.</param>
/// <param name="Scores">The scores of its soft map.</param>
/// <param name="Raters">The scores of the masks of its named raters.</param>
internal sealed record StructureScores(string Structure, CaseMetrics Scores, IReadOnlyList<CaseRaterScore> Raters)
{
    /// <summary>
    /// The scores of the volumes of several slices of which this is the last on which the structure was drawn; null where there is none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CaseMetrics>? Volumes { get; init; }

    /// <summary>The same of the masks of named raters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CaseRaterScore>? RaterVolumes { get; init; }
}

/// <summary>Everything but the cases that decides the scores of structures; structures-manifest.schema.json describes it.</summary>
/// <param name="Structures">The structures that are scored.</param>
internal sealed record StructureSettings(IReadOnlyList<ScoredStructure> Structures) : IRecordSettings
{
    /// <inheritdoc/>
    public static string Kind => "structures";

    /// <inheritdoc/>
    public static int ManifestVersion => 1;
}

/// <summary>A structure that is scored.</summary>
/// <param name="Structure">Its name, its levels and its named raters.</param>
/// <param name="Settings">What the report says of its scores.</param>
internal sealed record ScoredStructure(SegmentedStructure Structure, EvaluationSettings Settings);
