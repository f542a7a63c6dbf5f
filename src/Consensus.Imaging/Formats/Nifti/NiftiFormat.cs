using System.Buffers.Binary;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>What NIfTI files are called, and what they begin with.</summary>
internal static class NiftiFormat
{
    /// <summary>The name of the format, for messages.</summary>
    public const string Name = "NIfTI";

    /// <summary>The extensions of whole files. The halves of a pair are called .hdr and .img.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".nii.gz", ".nii"];

    /// <summary>Whether the first bytes of a file are those of gzip or of a NIfTI header.</summary>
    public static bool Matches(ReadOnlySpan<byte> start) =>
        start is [0x1F, 0x8B, ..]
        || (start.Length >= 4
            && (IsHeaderSize(BinaryPrimitives.ReadInt32LittleEndian(start)) || IsHeaderSize(BinaryPrimitives.ReadInt32BigEndian(start))));

    /// <summary>Whether a file is called as NIfTI files are: .nii, .hdr or .img, with or without .gz.</summary>
    public static bool IsNameOf(string path) => HasExtension(path, ".nii") || IsNameOfHalf(path);

    /// <summary>Whether a file is called as a half of a pair. The values of an .img file may begin with any bytes.</summary>
    public static bool IsNameOfHalf(string path) => HasExtension(path, ".hdr") || HasExtension(path, ".img");

    private static bool HasExtension(string path, string extension) =>
        path.EndsWith(extension, StringComparison.OrdinalIgnoreCase)
        || path.EndsWith($"{extension}.gz", StringComparison.OrdinalIgnoreCase);

    private static bool IsHeaderSize(int size) => size is NiftiConstants.Size1 or NiftiConstants.Size2;
}
