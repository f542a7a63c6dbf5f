using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Consensus.Imaging.Augmentation;

namespace Consensus.ML.Options;

/// <summary>
/// Options as a flat list of names and values, to log or to compare: each option has a name such as Training.LearningRate, and its value as
/// JSON.
/// </summary>
public static class OptionValues
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>
    /// The values of new <see cref="NetworkOptions"/>, <see cref="DiffusionOptions"/>, <see cref="TrainingOptions"/>,
    /// <see cref="SamplingOptions"/> and <see cref="AugmentationPolicy"/>, with names such as Training.LearningRate. An option that is
    /// added later begins with what was done before, so a list from before an option existed means its value here.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Defaults { get; } = Flatten(
        ("Network", new NetworkOptions()), ("Diffusion", new DiffusionOptions()), ("Training", new TrainingOptions()),
        ("Sampling", new SamplingOptions()), ("Augmentation", new AugmentationPolicy()));

    /// <summary>Lists the options of several objects.</summary>
    /// <param name="parts">
    /// Each object with the name that its members' names begin with, such as ("Network", options.Network); if the name is empty, they
    /// begin with the member.
    /// </param>
    public static Dictionary<string, string> Flatten(params ReadOnlySpan<(string Name, object? Value)> parts)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, object? value) in parts)
        {
            Add(name, JsonSerializer.SerializeToNode(value, Json));
        }

        return settings;

        void Add(string name, JsonNode? node)
        {
            if (node is JsonObject members)
            {
                foreach ((string member, JsonNode? value) in members)
                {
                    Add(name.Length > 0 ? $"{name}.{member}" : member, value);
                }
            }
            else
            {
                settings[name] = node?.ToJsonString() ?? "null";
            }
        }
    }

    /// <summary>Names the options that differ between two lists, each with both values: "Levels is 3 there and 4 here".</summary>
    /// <param name="here">The first list.</param>
    /// <param name="there">The other list.</param>
    /// <param name="ofHere">What messages call the first list.</param>
    /// <param name="ofThere">What messages call the other list.</param>
    /// <param name="defaults">
    /// What a list means that does not name an option, such as <see cref="Defaults"/>. Null (the default), or no value there: it differs
    /// from any value.
    /// </param>
    public static IEnumerable<string> Differences(
        IReadOnlyDictionary<string, string> here,
        IReadOnlyDictionary<string, string> there,
        string ofHere = "here",
        string ofThere = "there",
        IReadOnlyDictionary<string, string>? defaults = null)
    {
        ArgumentNullException.ThrowIfNull(here);
        ArgumentNullException.ThrowIfNull(there);
        return there.Keys.Union(here.Keys)
            .Where(name => Value(there, name) != Value(here, name))
            .Select(name => $"{name} is {Value(there, name) ?? "unknown"} {ofThere} and {Value(here, name) ?? "unknown"} {ofHere}");

        string? Value(IReadOnlyDictionary<string, string> list, string name) =>
            list.GetValueOrDefault(name) ?? defaults?.GetValueOrDefault(name);
    }
}
