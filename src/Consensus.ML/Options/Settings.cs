using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Consensus.ML.Options;

/// <summary>
/// Options as a flat list, each by its name, such as Training.LearningRate, with its value as JSON: to be written down, compared and named.
/// </summary>
internal static class Settings
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>The settings of several named objects; those of one without a name are named by its members.</summary>
    public static Dictionary<string, string> Of(params ReadOnlySpan<(string Name, object? Value)> parts)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, object? value) in parts)
        {
            Flatten(name, JsonSerializer.SerializeToNode(value, Json));
        }

        return settings;

        void Flatten(string name, JsonNode? node)
        {
            if (node is JsonObject members)
            {
                foreach ((string member, JsonNode? value) in members)
                {
                    Flatten(name.Length > 0 ? $"{name}.{member}" : member, value);
                }
            }
            else
            {
                settings[name] = node?.ToJsonString() ?? "null";
            }
        }
    }

    /// <summary>The options in which two lists differ, each with both values.</summary>
    /// <param name="here">One list.</param>
    /// <param name="there">The other.</param>
    /// <param name="ofHere">What the first is called.</param>
    /// <param name="ofThere">What the other is called.</param>
    public static IEnumerable<string> Differences(
        IReadOnlyDictionary<string, string> here,
        IReadOnlyDictionary<string, string> there,
        string ofHere = "here",
        string ofThere = "there") =>
        there.Keys.Union(here.Keys)
            .Where(name => there.GetValueOrDefault(name) != here.GetValueOrDefault(name))
            .Select(name => $"{name} is {there.GetValueOrDefault(name) ?? "unknown"} {ofThere} and "
                + $"{here.GetValueOrDefault(name) ?? "unknown"} {ofHere}");
}
