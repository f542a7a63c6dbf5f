using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Output;

/// <summary>Writes strict JSON: infinity and NaN become null.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // names stay readable; the text is never put into a web page
        Converters = { new FiniteNumberConverter() },
    };

    private static readonly JsonSerializerOptions OneLine = new(Options) { WriteIndented = false };

    public static string Text<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>JSON without line breaks, for files of JSON lines.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, OneLine);

    /// <summary>Writes a complete file, or writes to <paramref name="standardOutput"/> where the path is '-'.</summary>
    public static void Write<T>(string path, T value, TextWriter standardOutput)
    {
        string text = Text(value);
        if (path == "-")
        {
            standardOutput.WriteLine(text);
            return;
        }

        WriteText(path, text + '\n');
    }

    /// <summary>Writes a complete file of text, or writes to a device.</summary>
    public static void WriteText(string path, string text)
    {
        if (AtomicFile.IsDevice(path))
        {
            WriteToDevice(path, text);
            return;
        }

        Interruption.Write(() => AtomicFile.Write(path, stream => WriteTo(stream, text)));
    }

    private static void WriteToDevice(string path, string text)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Write);
            WriteTo(stream, text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Cannot write '{path}': {exception.Message}", exception);
        }
    }

    private static void WriteTo(Stream stream, string text)
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        writer.Write(text);
    }

    private sealed class FiniteNumberConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

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
