using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consensus.Imaging.Metrics;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Records;

/// <summary>
/// Reads and writes the files of records. Numbers keep all their digits, so that a score that was read is the score that was written; null
/// stands for NaN, and text for infinity. Each file carries its SHA-256 (<see cref="SealedJson"/>), and is written whole.
/// </summary>
internal static class RecordJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // names stay readable; the text is never put into a web page
        Converters = { new AnyNumber(), new Unit(), new JsonStringEnumConverter<EnergyPairs>(JsonNamingPolicy.CamelCase) },
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static void Write<T>(string path, T value)
    {
        string text = SealedJson.Seal(JsonSerializer.Serialize(value, Options));
        Interruption.Write(() => AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true);
            writer.Write(text);
        }));
    }

    /// <summary>Reads the value of a text, whether it is intact or not.</summary>
    /// <exception cref="JsonException">The text holds something else.</exception>
    public static T Parse<T>(string text)
        where T : class => JsonSerializer.Deserialize<T>(text, Options) ?? throw new JsonException("it is empty");

    /// <summary>Why a text is not intact, as the end of a sentence.</summary>
    public static string WhyNotIntact(string text) => SealedJson.HashIn(text) is { } carried
        ? $"its content does not have the SHA-256 {carried} that it carries."
        : "it does not end with its SHA-256.";

    /// <summary>The members of a value by their path, each as JSON, to compare two values.</summary>
    public static Dictionary<string, string> Flatten<T>(T value) =>
        ML.Options.OptionValues.Flatten(("", JsonSerializer.SerializeToNode(value, Options)));

    private sealed class AnyNumber : JsonConverter<double>
    {
        private const string Infinity = "Infinity", MinusInfinity = "-Infinity";

        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Null => double.NaN,
            JsonTokenType.String => reader.GetString() switch
            {
                Infinity => double.PositiveInfinity,
                MinusInfinity => double.NegativeInfinity,
                _ => throw new JsonException("a number is expected"),
            },
            _ => reader.GetDouble(),
        };

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(value);
            }
            else if (double.IsNaN(value))
            {
                writer.WriteNullValue();
            }
            else
            {
                writer.WriteStringValue(value > 0 ? Infinity : MinusInfinity);
            }
        }
    }

    private sealed class Unit : JsonConverter<DistanceUnit>
    {
        public override DistanceUnit Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            string? text = reader.GetString();
            return Enum.GetValues<DistanceUnit>().Where(unit => Formats.Name(unit) == text).Cast<DistanceUnit?>().FirstOrDefault()
                ?? throw new JsonException("a unit, mm or px, is expected");
        }

        public override void Write(Utf8JsonWriter writer, DistanceUnit value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Formats.Name(value));
    }
}
