namespace Consensus.Imaging.Files;

/// <summary>Formats that are not read, but that people often have: how to recognise them, and how to convert them.</summary>
internal static class ForeignFormats
{
    private static readonly (int Offset, byte[] Signature, string Description)[] All =
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

    /// <summary>
    /// Says what a file is and what to do with it, for example "a WebP picture; convert it to PNG". Null if the format is not known.
    /// </summary>
    /// <param name="start">The first bytes of the file.</param>
    public static string? Describe(ReadOnlySpan<byte> start)
    {
        foreach ((int offset, byte[] signature, string description) in All)
        {
            if (start.Length >= offset + signature.Length && start[offset..].StartsWith(signature))
            {
                return description;
            }
        }

        return start is [(byte)'P', >= (byte)'1' and <= (byte)'7', (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n', ..]
            ? "a PBM, PGM, PPM or PAM picture; convert it to PNG"
            : null;
    }
}
