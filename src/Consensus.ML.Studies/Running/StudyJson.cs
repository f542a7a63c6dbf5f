using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Studies.Running;

/// <summary>Reads and writes the files of a study: strict JSON, where null stands for NaN and infinity. Files are written whole.</summary>
internal static class StudyJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // names stay readable; the text is never put into a web page
        Converters = { new NumberOrNull() },
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static void Write<T>(string path, T value) => AtomicFile.Write(path, stream => stream.Write(Bytes(value)));

    /// <summary>Writes a file into a folder that this process holds.</summary>
    /// <exception cref="FolderTakenException">Another process has taken the folder over.</exception>
    public static void Write<T>(string path, T value, FolderLock held) =>
        AtomicFile.Write(path, stream => stream.Write(Bytes(value)), held);

    /// <exception cref="InvalidDataException">The file is damaged; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static T Read<T>(string path)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Options) ?? throw new JsonException("it is empty");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                $"'{path}' is damaged: {exception.Message.TrimEnd('.')}. Remove it, and --resume does its part of the study again.",
                exception);
        }
    }

    private static byte[] Bytes<T>(T value) => [.. JsonSerializer.SerializeToUtf8Bytes(value, Options), (byte)'\n'];

    private sealed class NumberOrNull : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }
}
