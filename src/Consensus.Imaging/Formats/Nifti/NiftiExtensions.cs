using System.Buffers.Binary;
using System.Globalization;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>The extensions between a header and its values.</summary>
internal static class NiftiExtensions
{
    /// <summary>
    /// Skips the extensions without reading them. They must fit into the file one after another, as in nibabel: otherwise the header is
    /// wrong about where things are.
    /// </summary>
    /// <param name="stream">The file behind the four bytes that announce extensions.</param>
    /// <param name="header">The header.</param>
    /// <param name="path">The file.</param>
    /// <param name="left">
    /// Bytes up to the first value; negative to go on to the end of the file, as in the header of a pair, or when an extension
    /// reaches into the values.
    /// </param>
    /// <param name="position">Where the stream stands.</param>
    public static void Skip(Stream stream, NiftiHeader header, string path, long left, ref long position)
    {
        const int sizeAndCode = 8;
        Span<byte> bytes = stackalloc byte[sizeAndCode];
        while (left is >= 16 or < 0)
        {
            int read = NiftiStream.Read(stream, path, bytes);
            position += read;
            if (read == 0 && left < 0)
            {
                return;
            }

            int size = header.BigEndian ? BinaryPrimitives.ReadInt32BigEndian(bytes) : BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (read < sizeAndCode || size < sizeAndCode || NiftiStream.Skip(stream, path, size - sizeAndCode) < size - sizeAndCode)
            {
                string what = read < sizeAndCode
                    ? "a header extension is cut off"
                    : string.Create(CultureInfo.InvariantCulture, $"a header extension claims {size} bytes");
                throw new InvalidDataException(
                    $"'{header.Path}' is damaged: {what} at byte {position - read}, and the extensions must fit "
                    + "one after another before the values.");
            }

            position += size - sizeAndCode;
            left -= size;
        }
    }
}
