using System.Text.Json;

namespace Consensus.ML.Tests.Shared;

/// <summary>
/// Numbers of the published implementation. They are in the folder that CONSENSUS_VECTORS names, else in the copy beside the tests.
/// </summary>
internal static class TestVectors
{
    public static string Folder
    {
        get
        {
            string? named = Environment.GetEnvironmentVariable("CONSENSUS_VECTORS");
            return string.IsNullOrEmpty(named) ? Path.Combine(AppContext.BaseDirectory, "Vectors") : named;
        }
    }

    /// <summary>Names of the files in the folder that match a pattern. A theory can run once for each of them.</summary>
    public static IReadOnlyList<string> Names(string pattern) =>
        [.. Directory.EnumerateFiles(Folder, pattern).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public static string PathOf(string name) => Path.Combine(Folder, name);

    public static JsonDocument Json(string name) => JsonDocument.Parse(File.ReadAllText(PathOf(name)));

    public static double[] Doubles(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetDouble())];
}
