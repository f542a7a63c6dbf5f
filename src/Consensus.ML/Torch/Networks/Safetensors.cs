using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Consensus.Imaging.Storage;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as the file names it: F32, I32, …</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Begin">First byte of its values, counted from the end of the header.</param>
/// <param name="End">The position after the last byte.</param>
internal sealed record SafetensorsEntry(string Name, string Type, long[] Shape, long Begin, long End);

/// <summary>
/// The safetensors format: 8 bytes of header length, a JSON header, the values (little-endian). Every length is checked against the
/// file before it is used, and the tensors must fill the file without holes or overlaps, as the format asks.
/// </summary>
internal sealed class Safetensors
{
    internal const int MaximumHeader = 100_000_000;

    private readonly ReadOnlyMemory<byte> _values;

    private Safetensors(IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata, ReadOnlyMemory<byte> values)
    {
        Entries = entries;
        Metadata = metadata;
        _values = values;
    }

    /// <summary>Every tensor, in the order of the header.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The header's <c>__metadata__</c>; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads the header of a file held in memory.</summary>
    /// <exception cref="InvalidDataException">Not a safetensors file, cut short, or with tensors that do not fill it.</exception>
    public static Safetensors Parse(ReadOnlyMemory<byte> file)
    {
        if (file.Length < 8)
        {
            throw new InvalidDataException($"Not a safetensors file: it has {file.Length} bytes, and its header length alone takes 8.");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Span);
        if (length > MaximumHeader || length > (ulong)(file.Length - 8))
        {
            throw new InvalidDataException(
                $"Not a whole safetensors file: its header should have {length} bytes, but {file.Length - 8} follow "
                + $"(and {MaximumHeader} are allowed).");
        }

        ReadOnlyMemory<byte> values = file[(8 + (int)length)..];
        (List<SafetensorsEntry> entries, Dictionary<string, string> metadata) = ParseHeader(file.Slice(8, (int)length), values.Length);
        return new(entries, metadata, values);
    }

    /// <summary>Reads the JSON header of a file whose values take <paramref name="available"/> bytes.</summary>
    /// <exception cref="InvalidDataException">
    /// The header is damaged, names a tensor twice or of an unknown type, or its tensors do not fill the file.
    /// </exception>
    internal static (List<SafetensorsEntry> Entries, Dictionary<string, string> Metadata) ParseHeader(
        ReadOnlyMemory<byte> json,
        long available)
    {
        var entries = new List<SafetensorsEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using JsonDocument header = JsonDocument.Parse(json);
            foreach (JsonProperty property in header.RootElement.EnumerateObject())
            {
                if (property.NameEquals("__metadata__"))
                {
                    foreach (JsonProperty item in property.Value.EnumerateObject())
                    {
                        metadata[item.Name] = item.Value.GetString() ?? "";
                    }
                }
                else
                {
                    entries.Add(ReadEntry(property, available));
                    if (!names.Add(property.Name))
                    {
                        throw new InvalidDataException($"The safetensors file names tensor '{NameText.Printable(property.Name)}' twice.");
                    }
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
            or OverflowException or IndexOutOfRangeException)
        {
            throw new InvalidDataException(
                $"The header of the safetensors file is damaged: {NameText.Printable(exception.Message)}", exception);
        }

        EnsureFilled(entries, available);
        return (entries, metadata);
    }

    /// <summary>The values of a tensor as float32 on the CPU; the caller owns the tensor.</summary>
    public Tensor Read(SafetensorsEntry entry) => ToTensor(entry, _values.Span[(int)entry.Begin..(int)entry.End]);

    /// <summary>The values of a float32 tensor.</summary>
    /// <exception cref="InvalidDataException">It has another type.</exception>
    public float[] Values(SafetensorsEntry entry) => entry.Type == "F32"
        ? MemoryMarshal.Cast<byte, float>(_values.Span[(int)entry.Begin..(int)entry.End]).ToArray()
        : throw new InvalidDataException($"Tensor '{NameText.Printable(entry.Name)}' has type {entry.Type}, not F32.");

    /// <summary>The bytes of a tensor as float32 on the CPU; the caller owns the tensor.</summary>
    internal static Tensor ToTensor(SafetensorsEntry entry, ReadOnlySpan<byte> bytes)
    {
        using var scope = NewDisposeScope();
        Tensor flat = entry.Type switch
        {
            "F32" => MemoryMarshal.Cast<byte, float>(bytes).ToArray().ToHostTensor(),
            "F64" => MemoryMarshal.Cast<byte, double>(bytes).ToArray().ToHostTensor(),
            "F16" => MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(value => (float)value).ToArray().ToHostTensor(),
            "BF16" => MemoryMarshal.Cast<byte, ushort>(bytes)
                .ToArray()
                .Select(value => BitConverter.UInt32BitsToSingle((uint)value << 16))
                .ToArray()
                .ToHostTensor(),
            "I32" => MemoryMarshal.Cast<byte, int>(bytes).ToArray().ToHostTensor(),
            "I64" => MemoryMarshal.Cast<byte, long>(bytes).ToArray().ToHostTensor(),
            _ => throw new InvalidDataException(
                $"Tensor '{NameText.Printable(entry.Name)}' has type {entry.Type}; allowed are F32, F64, F16, BF16, I32 and I64."),
        };
        return flat.to_type(ScalarType.Float32).view(entry.Shape).DetachFromDisposeScope();
    }

    /// <summary>Writes float32 tensors in the given order.</summary>
    public static byte[] Write(
        IEnumerable<(string Name, long[] Shape, float[] Values)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        var all = tensors.ToList();
        byte[] header = Header(all.Select(item => (item.Name, item.Shape)), metadata);
        var file = new byte[header.Length + all.Sum(item => 4L * item.Values.Length)];
        header.CopyTo(file, 0);
        int position = header.Length;
        foreach ((_, _, float[] values) in all)
        {
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
            bytes.CopyTo(file.AsSpan(position));
            position += bytes.Length;
        }

        return file;
    }

    /// <summary>The bytes before the values of float32 tensors in the given order: the header with its length.</summary>
    internal static byte[] Header(IEnumerable<(string Name, long[] Shape)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var header = new MemoryStream();
        header.Write(stackalloc byte[sizeof(ulong)]);
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long at = 0;
            foreach ((string name, long[] shape) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                Array.ForEach(shape, json.WriteNumberValue);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                at += shape.Aggregate(4L, (product, side) => product * side);
                json.WriteNumberValue(at);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // The values begin at a multiple of 8 bytes; the format fills the header with spaces.
        while (header.Length % 8 != 0)
        {
            header.WriteByte((byte)' ');
        }

        byte[] bytes = header.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(bytes.Length - sizeof(ulong)));
        return bytes;
    }

    /// <summary>A shape as text, for messages.</summary>
    internal static string Text(long[] shape) =>
        $"[{string.Join(", ", shape.Select(side => side.ToString(CultureInfo.InvariantCulture)))}]";

    /// <summary>Checks that every byte of the values belongs to one tensor, as the format requires.</summary>
    private static void EnsureFilled(List<SafetensorsEntry> entries, long available)
    {
        long at = 0;
        foreach (SafetensorsEntry entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != at)
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Tensor '{NameText.Printable(entry.Name)}' of the safetensors file begins at byte {entry.Begin} of the values, "
                    + $"where the one before it ends at {at}: tensors have no bytes in common, and leave none between them."));
            }

            at = entry.End;
        }

        if (at != available)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"The safetensors file has {available} bytes of values, but its tensors end at {at}."));
        }
    }

    private static SafetensorsEntry ReadEntry(JsonProperty property, long available)
    {
        string name = NameText.Printable(property.Name);
        string type = property.Value.GetProperty("dtype").GetString() ?? "";
        long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64())];
        long[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
        long bytes = type switch
        {
            "F64" or "I64" or "U64" or "C64" => 8,
            "F32" or "I32" or "U32" => 4,
            "F16" or "BF16" or "I16" or "U16" => 2,
            "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => 1,
            _ => throw new InvalidDataException(
                $"Tensor '{name}' of the safetensors file has the unknown type '{NameText.Printable(type)}'."),
        };
        foreach (long side in shape)
        {
            if (side < 0 || (side > 0 && bytes > long.MaxValue / side))
            {
                throw new InvalidDataException($"Tensor '{name}' of the safetensors file has the impossible shape {Text(shape)}.");
            }

            bytes *= side;
        }

        if (offsets.Length != 2)
        {
            throw new InvalidDataException($"Tensor '{name}' of the safetensors file has no first and last byte (data_offsets).");
        }

        if (offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > available)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"The safetensors file is cut short: tensor '{name}' takes bytes {offsets[0]} to {offsets[1]} of the "
                + $"values, but there are {available}."));
        }

        return offsets[1] - offsets[0] == bytes
            ? new(property.Name, type, shape, offsets[0], offsets[1])
            : throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"Tensor '{name}' of type {type} and shape {Text(shape)} takes {bytes} bytes, but the file "
                + $"gives it {offsets[1] - offsets[0]}."));
    }
}
