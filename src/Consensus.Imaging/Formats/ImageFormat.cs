namespace Consensus.Imaging.Formats;

/// <summary>The image file formats that <c>SliceReader</c> reads.</summary>
public enum ImageFormat
{
    /// <summary>NIfTI-1 or NIfTI-2, plain or gzip, as one file or an .hdr/.img pair.</summary>
    Nifti,

    /// <summary>Portable Network Graphics.</summary>
    Png,

    /// <summary>JPEG.</summary>
    Jpeg,

    /// <summary>TIFF or BigTIFF.</summary>
    Tiff,

    /// <summary>Windows bitmap.</summary>
    Bmp,

    /// <summary>GIF.</summary>
    Gif,
}
