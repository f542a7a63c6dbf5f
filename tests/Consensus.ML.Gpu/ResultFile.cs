using System.Text.Json;
using System.Text.Json.Nodes;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Gpu;

/// <summary>The JSON of a run. It is written anew after each part, so that a time limit loses nothing.</summary>
public sealed class ResultFile(string path)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,

        // A measurement may be infinite.
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly JsonObject _root = new() { ["formatVersion"] = 1, ["parts"] = new JsonObject(), ["ratios"] = new JsonObject() };

    /// <summary>The results of the parts by their names.</summary>
    public JsonObject Parts => _root["parts"]!.AsObject();

    /// <summary>The numbers that compare parts.</summary>
    public JsonObject Ratios => _root["ratios"]!.AsObject();

    /// <summary>Adds what became of a part, and writes the file.</summary>
    public void Add(string name, JsonObject outcome)
    {
        Parts[name] = outcome;
        _root["ratios"] = Gpu.Ratios.Of(Parts);
        Write(path, _root);
    }

    /// <summary>Writes a file whole.</summary>
    public static void Write(string path, JsonNode content) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, content, Format));

    /// <summary>A value as JSON.</summary>
    public static JsonNode Node<T>(T value) => JsonSerializer.SerializeToNode(value, Format)!;

    /// <summary>Reads a file that a part wrote; null if it wrote none, or was stopped before it was whole.</summary>
    public static JsonNode? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
