using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Files;

/// <summary>Recognises the format of an image file by its first bytes. The name of the file does not matter.</summary>
internal static class ImageFormatDetector
{
    /// <summary>Reads the format of a file.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is empty, or its format is not supported. The message names the format if it is known.
    /// </exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static ImageFormat Detect(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return NiftiFormat.IsNameOfHalf(path) ? ImageFormat.Nifti : Detect(InputContent.FromFile(path));
    }

    /// <summary>Reads the format of a file or of bytes in memory; otherwise as <see cref="Detect(string)"/>.</summary>
    public static ImageFormat Detect(InputContent content)
    {
        string path = content.Name;

        Span<byte> start = stackalloc byte[RasterFormat.StartLength];
        using (Stream stream = content.Open())
        {
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        }

        if (start.IsEmpty)
        {
            throw new InvalidDataException($"'{path}' is empty: it has 0 bytes.");
        }

        if (RasterFormats.Recognize(start) is { } raster)
        {
            return raster.Format;
        }

        // A damaged NIfTI file is recognised by its name, so that the NIfTI reader can describe the damage.
        if (NiftiFormat.Matches(start) || NiftiFormat.IsNameOf(path))
        {
            return ImageFormat.Nifti;
        }

        throw new InvalidDataException(ForeignFormats.Describe(start) is { } foreign
            ? $"'{path}' is {foreign}: {ImageFormats.Readable}."
            : $"'{path}' is no image of a known format (it begins with the bytes "
                + $"{Convert.ToHexString(start[..Math.Min(start.Length, 8)])}): {ImageFormats.Readable}.");
    }
}
