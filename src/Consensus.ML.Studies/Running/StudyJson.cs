using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
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

    /// <summary>Writes the members of a value, then those of what it belongs to, then the SHA-256 of it all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="value">The value.</param>
    /// <param name="binding">What it belongs to.</param>
    /// <param name="held">The lock of the folder; null for a file that every process would write with the same content.</param>
    /// <exception cref="FolderTakenException">Another process has taken the folder over.</exception>
    public static void WriteBound<T>(string path, T value, RecordBinding binding, FolderLock? held = null)
    {
        JsonObject text = JsonSerializer.SerializeToNode(value, Options)!.AsObject();
        foreach ((string name, JsonNode? member) in JsonSerializer.SerializeToNode(binding, Options)!.AsObject())
        {
            text.Add(name, member?.DeepClone());
        }

        byte[] sealedText = Encoding.UTF8.GetBytes(SealedJson.Seal(text.ToJsonString(Options)));
        if (held is null)
        {
            AtomicFile.Write(path, stream => stream.Write(sealedText));
        }
        else
        {
            AtomicFile.Write(path, stream => stream.Write(sealedText), held);
        }
    }

    /// <summary>Why a file is not a record of this study, as the end of a sentence; null where it is.</summary>
    /// <param name="path">The file, which must exist.</param>
    /// <param name="binding">What it must belong to.</param>
    /// <param name="allowsUnbound">Whether a record of a version without bindings passes.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string? ProblemWithBound(string path, RecordBinding binding, bool allowsUnbound = false)
    {
        string text = File.ReadAllText(path);
        if (SealedJson.HashIn(text) is null)
        {
            return allowsUnbound ? null : "does not carry its SHA-256: it was cut short, or an earlier version wrote it";
        }

        if (!SealedJson.IsIntact(text))
        {
            return "was changed after it was written: its content does not have the SHA-256 that it carries";
        }

        RecordBinding found;
        try
        {
            found = JsonSerializer.Deserialize<RecordBinding>(text, Options) ?? new("", null);
        }
        catch (JsonException exception)
        {
            return $"is damaged: {exception.Message.TrimEnd('.')}";
        }

        return found.Study != binding.Study ? "belongs to another study, method, fold or seed"
            : found.Model != binding.Model && binding.Model is not null ? "is of another model than the training beside it"
            : null;
    }

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
