namespace Consensus.Imaging.Formats.Nifti;

/// <summary>The sizes of the two header versions, in bytes.</summary>
internal static class NiftiConstants
{
    /// <summary>Bytes of a NIfTI-1 header.</summary>
    public const int Size1 = 348;

    /// <summary>Bytes of a NIfTI-2 header.</summary>
    public const int Size2 = 540;

    /// <summary>
    /// The first byte of the values in a NIfTI-1 single file. It follows the header and the four bytes that announce extensions.
    /// </summary>
    public const int SingleOffset1 = 352;

    /// <summary>The first byte of the values in a NIfTI-2 single file.</summary>
    public const int SingleOffset2 = 544;
}
