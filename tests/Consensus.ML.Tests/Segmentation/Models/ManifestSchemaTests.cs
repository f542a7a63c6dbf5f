using System.Text.Json.Nodes;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Tests.Segmentation.Models;

public sealed class ManifestSchemaTests
{
    public static TheoryData<string, string, Type> Names => new()
    {
        { "model-manifest", "schedule", typeof(NoiseScheduleKind) },
        { "model-manifest", "prediction", typeof(PredictionType) },
        { "model-manifest", "target", typeof(TrainingTarget) },
        { "model-manifest", "sampler", typeof(SamplerKind) },
        { "model-manifest", "precision", typeof(Precision) },
        { "model-manifest", "levelConditioning", typeof(LevelConditioning) },
        { "unet-manifest", "kind", typeof(UNetKind) },
        { "unet-manifest", "precision", typeof(Precision) },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_schema_lists_every_name_that_a_manifest_can_hold(string schema, string member, Type names)
    {
        string path = Path.Combine(RepositoryFolder.Find(), "data-schemas", schema + ".schema.json");
        string[][] lists = [.. EnumsOf(JsonNode.Parse(File.ReadAllText(path))!, member)];

        string[] expected = [.. Enum.GetNames(names).Select(Spelling.Policy.ConvertName)];
        Assert.NotEmpty(lists);
        Assert.All(lists, list => Assert.Equal(expected, list));
    }

    /// <summary>The lists of allowed values of each member of a name, at any depth.</summary>
    private static IEnumerable<string[]> EnumsOf(JsonNode node, string member) => node switch
    {
        JsonArray items => items.OfType<JsonNode>().SelectMany(item => EnumsOf(item, member)),
        JsonObject members => members.Where(item => item.Value is not null).SelectMany(item =>
            (item.Key == member && item.Value is JsonObject { } described && described["enum"] is JsonArray values
                ? [[.. values.Select(value => value!.GetValue<string>())]]
                : Array.Empty<string[]>()).Concat(EnumsOf(item.Value!, member))),
        _ => [],
    };
}
