using System.Text.Json;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Studies.Tests;

/// <summary>The schemas of the files of a study.</summary>
internal static class StudySchemas
{
    /// <summary>Every JSON file in the folder of a study fits its schema, and no schema takes just anything.</summary>
    public static void AssertFits(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories))
        {
            string[] parts = Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar);
            string name = parts switch
            {
                ["results.json"] => "study-results",
                ["study.json"] => "study",
                ["raters", _] => "study-raters",
                ["ensembles", ..] => "study-ensemble",
                ["runs", _, _, "training.json"] => "study-training",
                ["runs", _, _, "cases", _] => "study-case",
                _ => throw new InvalidOperationException($"'{path}' has no schema."),
            };
            JsonSchema schema = JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", $"{name}.schema.json"));
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            Assert.Empty(schema.Violations(document.RootElement));
            Assert.NotEmpty(schema.Violations(JsonDocument.Parse("""{ "formatVersion": 2 }""").RootElement));
        }
    }
}
