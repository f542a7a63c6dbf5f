using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests.Documentation;

/// <summary>
/// The schemas of what we write have no misspelt keyword. JSON Schema skips a keyword that it does not know, and would then check nothing.
/// </summary>
public sealed class SchemaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Schemas =>
        new(Directory.EnumerateFiles(Folder, "*.schema.json").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    private static string Folder => Path.Combine(RepositoryFolder.Find(), "data-schemas");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Every_keyword_of_a_schema_is_known(string name) =>
        Assert.Null(Record.Exception(() => JsonSchema.Read(Path.Combine(Folder, name))));

    [Theory]
    [InlineData("""{ "type": "integer", "minimun": 1 }""")]
    [InlineData("""{ "type": "object", "properties": { "cases": { "type": "integer", "minimun": 1 } } }""")]
    [InlineData("""{ "$ref": "#/$defs/score", "$defs": { "score": { "minimun": 0 } } }""")]
    public void A_misspelt_keyword_is_refused(string schema)
    {
        string path = _folder["misspelt.schema.json"];
        File.WriteAllText(path, schema);
        Exception? refused = Record.Exception(() => JsonSchema.Read(path));
        Assert.Contains("minimun", Assert.IsAssignableFrom<Exception>(refused).Message, StringComparison.Ordinal);
    }
}
