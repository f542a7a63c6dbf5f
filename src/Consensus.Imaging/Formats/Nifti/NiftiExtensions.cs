using System.Buffers.Binary;
using System.Globalization;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>The extensions between a header and its values.</summary>
internal static class NiftiExtensions
{
    /// <summary>
    /// Skips the extensions without reading them. As in nibabel, they must fit into the file one after another. If they do not, the header
    /// is wrong.
    /// </summary>
    /// <param name="stream">The file, positioned after the four bytes that announce extensions.</param>
    /// <param name="header">The header.</param>
    /// <param name="path">The file.</param>
    /// <param name="left">
    /// Number of bytes up to the first value. A negative number means to continue to the end of the file: in the header of a pair, or if
    /// an extension reaches into the values.
    /// </param>
    /// <param name="position">The position of the stream.</param>
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
