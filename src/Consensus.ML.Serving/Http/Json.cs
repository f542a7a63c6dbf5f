using System.Text.Json;

namespace Consensus.ML.Serving.Http;

/// <summary>How answers are written as JSON: names in camel case, whatever the application has set for its own answers.</summary>
internal static class Json
{
    /// <summary>The options.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web);
}
