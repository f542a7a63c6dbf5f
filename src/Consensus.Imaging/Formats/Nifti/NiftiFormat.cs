using System.Buffers.Binary;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>The names of NIfTI files, and the bytes that they begin with.</summary>
internal static class NiftiFormat
{
    /// <summary>The name of the format, for messages.</summary>
    public const string Name = "NIfTI";

    /// <summary>The extensions of single files. The halves of a pair have the extensions .hdr and .img.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".nii.gz", ".nii"];

    /// <summary>Whether a file begins like a gzip file or like a NIfTI header.</summary>
    public static bool Matches(ReadOnlySpan<byte> start) =>
        start is [0x1F, 0x8B, ..]
        || (start.Length >= 4
            && (IsHeaderSize(BinaryPrimitives.ReadInt32LittleEndian(start)) || IsHeaderSize(BinaryPrimitives.ReadInt32BigEndian(start))));

    /// <summary>Whether a file has an extension of NIfTI files: .nii, .hdr or .img, with or without .gz.</summary>
    public static bool IsNameOf(string path) => HasExtension(path, ".nii") || IsNameOfHalf(path);

    /// <summary>Whether a file has the extension of a half of a pair. The values of an .img file may begin with any bytes.</summary>
    public static bool IsNameOfHalf(string path) => HasExtension(path, ".hdr") || HasExtension(path, ".img");

    private static bool HasExtension(string path, string extension) =>
        path.EndsWith(extension, StringComparison.OrdinalIgnoreCase)
        || path.EndsWith($"{extension}.gz", StringComparison.OrdinalIgnoreCase);

    private static bool IsHeaderSize(int size) => size is NiftiConstants.Size1 or NiftiConstants.Size2;
}
