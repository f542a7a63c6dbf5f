using System.Buffers.Binary;
using System.IO.Compression;
using Consensus.Imaging;

namespace Consensus.ML.Serving.Images;

/// <summary>
/// Writes a map as a PNG of 16-bit greys, which SkiaSharp cannot: 0 is 0, 65535 is 1. Source: Portable Network Graphics Specification,
/// third edition, sections 5 and 11.
/// </summary>
internal static class GreyPng
{
    private const int BitDepth = 16, Grey = 0;
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => Divide((uint)value))];

    /// <summary>Writes the first channel of a map.</summary>
    public static byte[] Write(Slice map)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, map.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), map.Height);
        (header[8], header[9]) = (BitDepth, Grey);
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, Compressed(map));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Compressed(Slice map)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            // Each row begins with the number of its filter; 0 stands for none.
            var row = new byte[1 + (map.Width * sizeof(ushort))];
            for (int at = 0; at < map.Height * map.Width; at += map.Width)
            {
                for (int column = 0; column < map.Width; column++)
                {
                    ushort grey = (ushort)MathF.Round(Math.Clamp(map.Pixels[at + column], 0, 1) * ushort.MaxValue);
                    BinaryPrimitives.WriteUInt16BigEndian(row.AsSpan(1 + (column * sizeof(ushort))), grey);
                }

                zlib.Write(row);
            }
        }

        return packed.ToArray();
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Remainder(Remainder(uint.MaxValue, type), data));
        file.Write(number);
    }

    /// <summary>The remainder of the CRC of section 5.5, carried on over more bytes.</summary>
    private static uint Remainder(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            crc = Table[(crc ^ value) & 0xFF] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint Divide(uint value)
    {
        for (int bit = 0; bit < 8; bit++)
        {
            value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
        }

        return value;
    }
}
