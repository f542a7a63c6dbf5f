using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Consensus.ML.Tests.Shared;

/// <summary>Builds PNG files chunk by chunk as ISO/IEC 15948 defines them. It does not use an encoder on purpose.</summary>
internal sealed class PngBytes
{
    public int Width { get; init; } = 3;

    public int Height { get; init; } = 2;

    public byte Depth { get; init; } = 8;

    /// <summary>0 grey, 2 RGB, 3 palette, 4 grey with opacity, 6 RGB with opacity.</summary>
    public byte Colour { get; init; }

    public bool Interlaced { get; init; }

    /// <summary>The rows before compression. Each row has its filter and its bytes.</summary>
    public byte[] Rows { get; init; } = [0, 1, 2, 3, 0, 4, 5, 6];

    public byte[]? Palette { get; init; }

    public byte[]? Transparency { get; init; }

    /// <summary>Chunks before the pixels.</summary>
    public byte[] Extra { get; init; } = [];

    /// <summary>The largest number of bytes in an IDAT chunk.</summary>
    public int ChunkSize { get; init; } = int.MaxValue;

    public byte[] File()
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
        (header[8], header[9], header[12]) = (Depth, Colour, Interlaced ? (byte)1 : (byte)0);
        return
        [
            0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10,
            .. Chunk("IHDR", header),
            .. Extra,
            .. Palette is null ? [] : Chunk("PLTE", Palette),
            .. Transparency is null ? [] : Chunk("tRNS", Transparency),
            .. Deflate(Rows).Chunk(ChunkSize).SelectMany(part => Chunk("IDAT", part)),
            .. Chunk("IEND", []),
        ];
    }

    public string WriteTo(string path)
    {
        System.IO.File.WriteAllBytes(path, File());
        return path;
    }

    public static byte[] Chunk(string type, byte[] content)
    {
        byte[] typed = [.. Encoding.ASCII.GetBytes(type), .. content];
        return [.. BigEndian((uint)content.Length), .. typed, .. BigEndian(Checksum(typed))];
    }

    public static byte[] Deflate(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var packed = new ZLibStream(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            packed.Write(bytes);
        }

        return stream.ToArray();
    }

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>The CRC-32 of the standard, computed bit by bit.</summary>
    private static uint Checksum(byte[] bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte value in bytes)
        {
            sum ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) != 0 ? (sum >> 1) ^ 0xEDB88320 : sum >> 1;
            }
        }

        return ~sum;
    }
}
