using System.Text.Json;
using System.Text.Json.Nodes;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Records;

/// <summary>What can be said of a folder of records before it is known what the records are.</summary>
internal static class RecordFiles
{
    /// <summary>The name of the manifest's file.</summary>
    public const string ManifestName = "manifest.json";

    /// <summary>The kind of the records in a folder, as its manifest says; null where it cannot be told.</summary>
    public static string? KindOf(string path)
    {
        string file = Path.Combine(path, ManifestName);
        return File.Exists(file) ? KindIn(File.ReadAllText(file)) : null;
    }

    /// <summary>The kind of the records that a manifest is of; null where it cannot be told.</summary>
    /// <param name="manifest">The text of its file.</param>
    public static string? KindIn(string manifest)
    {
        try
        {
            return JsonNode.Parse(manifest) is JsonObject members
                && members["kind"] is JsonValue value && value.TryGetValue(out string? kind)
                    ? kind
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Refuses a report inside the folder: it would look like a record that does not belong there.</summary>
    /// <exception cref="UsageException">The file would lie in the folder.</exception>
    public static void EnsureOutside(string path, string report)
    {
        if (report != "-" && Path.GetDirectoryName(Path.GetFullPath(report)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))
        {
            throw new UsageException($"'{report}' would lie among the records in '{path}': give --json a file elsewhere.");
        }
    }
}
