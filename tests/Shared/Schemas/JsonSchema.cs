using System.Text.Json;
using Json.Schema;

namespace Consensus.ML.Tests.Shared;

/// <summary>
/// A schema of ours. A keyword that JSON Schema 2020-12 does not know, such as a misspelt one, is an error; it is not skipped.
/// </summary>
internal sealed class JsonSchema
{
    private static readonly EvaluationOptions Nested = new() { OutputFormat = OutputFormat.Hierarchical };

    private readonly global::Json.Schema.JsonSchema _schema;

    private JsonSchema(global::Json.Schema.JsonSchema schema) => _schema = schema;

    public static JsonSchema Read(string path)
    {
        // Registries of its own: a test may read a schema of the same name again.
        var dialects = new DialectRegistry();
        dialects.Register(Dialect.Draft202012.With([], Dialect.Draft202012.Id, allowUnknownKeywords: false));
        return new(global::Json.Schema.JsonSchema.FromText(
            File.ReadAllText(path), new BuildOptions { DialectRegistry = dialects, SchemaRegistry = new() }));
    }

    /// <summary>Every violation, each with the place in the document.</summary>
    public IReadOnlyList<string> Violations(JsonElement document) => [.. Errors(_schema.Evaluate(document, Nested))];

    // What holds may have parts that do not: the other branches of an anyOf.
    private static IEnumerable<string> Errors(EvaluationResults found) => found.IsValid
        ? []
        :
        [
            .. (found.Errors ?? []).Select(error => $"${found.InstanceLocation}: {error.Value}"),
            .. (found.Details ?? []).SelectMany(Errors),
        ];
}
