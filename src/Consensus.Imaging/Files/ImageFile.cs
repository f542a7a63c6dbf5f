using System.Buffers.Binary;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Files;

/// <summary>Tells the format of image files by their first bytes, whatever they are called.</summary>
internal static class ImageFile
{
    /// <summary>The formats that are read, for messages.</summary>
    public const string Readable = "NIfTI, PNG, JPEG, TIFF, BMP and GIF are read";

    private const int LongestSignature = 132;

    private static readonly string[] NiftiExtensions = [".nii", ".hdr", ".img"];

    // What people have instead of the formats that are read, and the shortest way from there.
    private static readonly (int Offset, byte[] Signature, string Name)[] Foreign =
    [
        (128, "DICM"u8.ToArray(), "a DICOM file; convert it first, for example with dcm2niix"),
        (0, "%PDF"u8.ToArray(), "a PDF document; export its picture as PNG"),
        (0, [0x93, .. "NUMPY"u8], "a NumPy array (.npy); save it as NIfTI (nibabel) or TIFF (tifffile)"),
        (0, [0x89, .. "HDF\r\n"u8], "an HDF5 file (MATLAB 7.3 and others); save its array as NIfTI or TIFF"),
        (0, "MATLAB "u8.ToArray(), "a MATLAB file (.mat); save its array as TIFF or PNG"),
        (0, "NRRD"u8.ToArray(), "an NRRD file; convert it to NIfTI, for example with SimpleITK"),
        (0, "ObjectType"u8.ToArray(), "a MetaImage header (.mha, .mhd); convert it to NIfTI, for example with SimpleITK"),
        (0, "NDims"u8.ToArray(), "a MetaImage header (.mha, .mhd); convert it to NIfTI, for example with SimpleITK"),
        (8, "WEBP"u8.ToArray(), "a WebP picture; convert it to PNG"),
        (4, "ftyp"u8.ToArray(), "a HEIF or AVIF picture, or a film; convert it to PNG"),
        (4, "jP  "u8.ToArray(), "a JPEG 2000 picture; convert it to PNG or TIFF"),
        (0, [0xFF, 0x4F, 0xFF, 0x51], "a JPEG 2000 picture; convert it to PNG or TIFF"),
        (4, "JXL "u8.ToArray(), "a JPEG XL picture; convert it to PNG"),
        (0, "8BPS"u8.ToArray(), "a Photoshop file; save it as PNG or TIFF"),
        (0, [0x76, 0x2F, 0x31, 0x01], "an OpenEXR picture; convert it to TIFF"),
        (0, "PK\u0003\u0004"u8.ToArray(), "a zip archive; unpack it"),
        (0, "<"u8.ToArray(), "a text of XML or HTML"),
    ];

    /// <summary>The format of a file.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is empty or of a format that is not read; the message says which, where that is known.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static ImageFormat FormatOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        bool namedNifti = NiftiExtensions.Any(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase));

        // The halves of a pair tell nothing alone: the values of an .img may begin like anything.
        if (namedNifti && !name.EndsWith(".nii", StringComparison.OrdinalIgnoreCase))
        {
            return ImageFormat.Nifti;
        }

        Span<byte> start = stackalloc byte[LongestSignature];
        using (FileStream stream = InputFile.Open(path))
        {
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        }

        if (start.IsEmpty)
        {
            throw new InvalidDataException($"'{path}' is empty: it has 0 bytes.");
        }

        if (Known(start) is { } format)
        {
            return format;
        }

        // A damaged NIfTI file is for the NIfTI reader to describe.
        if (namedNifti)
        {
            return ImageFormat.Nifti;
        }

        foreach ((int offset, byte[] signature, string foreign) in Foreign)
        {
            if (start.Length >= offset + signature.Length && start[offset..].StartsWith(signature))
            {
                throw new InvalidDataException($"'{path}' is {foreign}: {Readable}.");
            }
        }

        throw new InvalidDataException(
            start.Length > 2 && start[0] == 'P' && start[1] is >= (byte)'1' and <= (byte)'7' && char.IsWhiteSpace((char)start[2])
                ? $"'{path}' is a PBM, PGM, PPM or PAM picture; convert it to PNG: {Readable}."
                : $"'{path}' is no image of a known format (it begins with the bytes "
                    + $"{Convert.ToHexString(start[..Math.Min(start.Length, 8)])}): {Readable}.");
    }

    private static ImageFormat? Known(ReadOnlySpan<byte> start) => start switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => ImageFormat.Png,
        [0xFF, 0xD8, 0xFF, ..] => ImageFormat.Jpeg,
        [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..] => ImageFormat.Tiff,
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => ImageFormat.Gif,
        [(byte)'B', (byte)'M', ..] when start.Length >= 26 && BinaryPrimitives.ReadInt32LittleEndian(start[14..]) is >= 12 and <= 124 =>
            ImageFormat.Bmp,
        [0x1F, 0x8B, ..] => ImageFormat.Nifti,
        _ when start.Length >= 4 && IsNiftiHeaderSize(BinaryPrimitives.ReadInt32LittleEndian(start)) => ImageFormat.Nifti,
        _ when start.Length >= 4 && IsNiftiHeaderSize(BinaryPrimitives.ReadInt32BigEndian(start)) => ImageFormat.Nifti,
        _ => null,
    };

    private static bool IsNiftiHeaderSize(int size) => size is NiftiHeaderParser.Size1 or NiftiHeaderParser.Size2;
}
