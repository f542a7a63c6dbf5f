using System.Buffers.Binary;
using System.Text;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Reads numbers and names of a 64-bit little-endian ELF library.</summary>
internal static class ElfImage
{
    /// <summary>Makes sure that an image begins as such a library does.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public static void EnsureLibrary(ReadOnlySpan<byte> image)
    {
        if (image.Length < 64 || !image[..6].SequenceEqual<byte>([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]))
        {
            throw new InvalidDataException("The file is not a 64-bit little-endian ELF library.");
        }
    }

    /// <summary>Two bytes at a place.</summary>
    public static ushort Short(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt16LittleEndian(image.Slice(at, 2));

    /// <summary>Four bytes at a place.</summary>
    public static uint Int(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt32LittleEndian(image.Slice(at, 4));

    /// <summary>Eight bytes at a place.</summary>
    public static long Long(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadInt64LittleEndian(image.Slice(at, 8));

    /// <summary>The name that begins at a place and ends before a zero.</summary>
    public static string Name(ReadOnlySpan<byte> image, int at)
    {
        ReadOnlySpan<byte> rest = image[at..];
        int end = rest.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? rest : rest[..end]);
    }
}
