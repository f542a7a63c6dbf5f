using System.Text.Json.Serialization;
using Consensus.ML.Options;

namespace Consensus.ML.Segmentation.Models;

/// <summary>The columns that a model reads and writes.</summary>
internal sealed record ManifestColumns(string Features, string SoftMap, string ConsensusMaps, string Uncertainty)
{
    /// <summary>The default name of the column of samples.</summary>
    public const string DefaultSamples = "Samples";

    /// <summary>Older manifests do not have this member; their models use the default name.</summary>
    public string Samples { get; init; } = DefaultSamples;

    /// <summary>The first part of the names of the columns with the raters' masks; null where the model draws none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RaterMap { get; init; }

    /// <summary>The names of all output columns of a model with these structures; null for one structure without named raters.</summary>
    public IReadOnlyList<string> Outputs(IReadOnlyList<SegmentedStructure>? structures) =>
        [.. (structures ?? [new("", 1, [])]).SelectMany(structure => (string[])[.. Maps(structure), structure.ColumnName(Samples)])];

    /// <summary>The names of the output columns of a structure, without the samples.</summary>
    public IEnumerable<string> Maps(SegmentedStructure structure) =>
    [
        .. new[] { SoftMap, ConsensusMaps, Uncertainty }.Select(structure.ColumnName),
        .. structure.Raters.Select(rater => structure.RaterColumnName(rater, RaterMap ?? SegmentedStructure.DefaultRaterMap)),
    ];
}
