using System.Buffers.Binary;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// Safetensors files that are too large to hold in memory at once (a byte array has at most 2 GB). It reads and writes float32 tensors one
/// after another.
/// </summary>
internal sealed class SafetensorsStream
{
    private readonly Stream _stream;
    private readonly long _begin;

    private SafetensorsStream(
        Stream stream,
        long begin,
        IReadOnlyList<SafetensorsEntry> entries,
        IReadOnlyDictionary<string, string> metadata)
    {
        _stream = stream;
        _begin = begin;
        Entries = entries;
        Metadata = metadata;
    }

    /// <summary>Every tensor, in the order of the header.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The header's <c>__metadata__</c>; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Writes float32 tensors in the given order; metadata comes first, in its own order.</summary>
    public static void Write(
        Stream stream,
        IReadOnlyList<(string Name, Tensor Values)> tensors,
        IReadOnlyDictionary<string, string> metadata)
    {
        stream.Write(Safetensors.Header(tensors.Select(tensor => (tensor.Name, tensor.Values.shape)), metadata));
        foreach ((_, Tensor values) in tensors)
        {
            using Tensor host = values.ToHost();
            stream.Write(host.BytesOnHost());
        }
    }

    /// <summary>Reads the header; the stream must be seekable and stay open while tensors are read.</summary>
    /// <exception cref="InvalidDataException">Not a safetensors file, cut short, or with tensors that do not fill it.</exception>
    public static SafetensorsStream Open(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        stream.Position = 0;
        ulong length = stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) == prefix.Length
            ? BinaryPrimitives.ReadUInt64LittleEndian(prefix)
            : ulong.MaxValue;
        if (length > Safetensors.MaximumHeader || (long)length > stream.Length - prefix.Length)
        {
            throw new InvalidDataException($"Not a whole safetensors file: its {stream.Length} bytes do not hold its header.");
        }

        var header = new byte[length];
        stream.ReadExactly(header);
        long begin = stream.Position;
        (List<SafetensorsEntry> entries, Dictionary<string, string> metadata) = Safetensors.ParseHeader(header, stream.Length - begin);
        return new(stream, begin, entries, metadata);
    }

    /// <summary>The values of a tensor as float32 on the CPU; the caller owns the tensor.</summary>
    /// <exception cref="InvalidDataException">The tensor's type is not a type of weights.</exception>
    public Tensor Read(SafetensorsEntry entry)
    {
        var bytes = new byte[entry.End - entry.Begin];
        _stream.Position = _begin + entry.Begin;
        _stream.ReadExactly(bytes);
        return Safetensors.ToTensor(entry, bytes);
    }

    /// <summary>Reads a tensor by its name into <paramref name="target"/>, a contiguous float32 tensor.</summary>
    /// <exception cref="InvalidDataException">There is no such tensor, or it has another type or shape.</exception>
    public void Read(string name, Tensor target)
    {
        SafetensorsEntry entry = Entries.FirstOrDefault(entry => entry.Name == name)
            ?? throw new InvalidDataException($"There is no tensor '{name}'.");
        if (entry.Type != "F32" || !entry.Shape.AsSpan().SequenceEqual(target.shape))
        {
            throw new InvalidDataException(
                $"Tensor '{name}' is {entry.Type} [{string.Join(", ", entry.Shape)}]; expected is F32 "
                + $"[{string.Join(", ", target.shape)}].");
        }

        using var scope = NewDisposeScope();
        using var none = no_grad();
        Tensor host = zeros(target.shape, device: CPU);
        _stream.Position = _begin + entry.Begin;
        _stream.ReadExactly(host.BytesOnHost());
        target.copy_(host);
    }
}
