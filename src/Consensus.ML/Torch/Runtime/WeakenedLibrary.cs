using System.Buffers.Binary;
using static Consensus.ML.Torch.Runtime.ElfImage;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Marks one version requirement of an ELF shared library as weak, so that the loader accepts a system without that version.
/// </summary>
/// <remarks>
/// TorchSharp's native library requires GLIBCXX_3.4.32 because of a marker that newer C++ headers add; nothing in the library calls it.
/// Debian 12 and Ubuntu 22.04 end at 3.4.30. The requirement sits in the section .gnu.version_r (Linux Standard Base, "Symbol Versioning").
/// </remarks>
internal static class WeakenedLibrary
{
    private const uint VersionNeededSection = 0x6ffffffe;
    private const ushort WeakFlag = 0x2;

    /// <summary>Sets the weak flag on every requirement of <paramref name="version"/> in a 64-bit little-endian ELF image.</summary>
    /// <returns>Number of requirements that were marked.</returns>
    /// <exception cref="InvalidDataException">The image is not such a library, or is truncated.</exception>
    public static int Weaken(Span<byte> image, string version)
    {
        EnsureLibrary(image);

        try
        {
            return WeakenSections(image, version);
        }
        catch (Exception exception) when (exception is ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("The ELF library is cut short or damaged.", exception);
        }
    }

    private static int WeakenSections(Span<byte> image, string version)
    {
        long table = Long(image, 0x28);
        int entrySize = Short(image, 0x3A), count = Short(image, 0x3C);
        int marked = 0;
        for (int i = 0; i < count; i++)
        {
            int section = checked((int)(table + ((long)i * entrySize)));
            if (Int(image, section + 4) == VersionNeededSection)
            {
                int names = checked((int)(table + (Int(image, section + 40) * (long)entrySize)));
                marked += WeakenNeeds(
                    image, checked((int)Long(image, section + 24)), checked((int)Int(image, section + 44)),
                    checked((int)Long(image, names + 24)), version);
            }
        }

        return marked;
    }

    /// <summary>Walks the chain of needed files (Verneed) and, within each, of needed versions (Vernaux).</summary>
    private static int WeakenNeeds(Span<byte> image, int need, int needs, int names, string version)
    {
        int marked = 0;
        for (; needs > 0; needs--)
        {
            int versions = Short(image, need + 2);
            int auxiliary = checked(need + (int)Int(image, need + 8));
            for (; versions > 0; versions--)
            {
                if (Name(image, checked(names + (int)Int(image, auxiliary + 8))) == version)
                {
                    Span<byte> flags = image.Slice(auxiliary + 4, 2);
                    BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(flags) | WeakFlag));
                    marked++;
                }

                auxiliary = checked(auxiliary + (int)Int(image, auxiliary + 12));
            }

            need = checked(need + (int)Int(image, need + 12));
        }

        return marked;
    }
}
