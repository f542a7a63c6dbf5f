using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;

namespace Consensus.Imaging.Files;

/// <summary>The names of the formats and the extensions of their files.</summary>
public static class ImageFormats
{
    /// <summary>The formats that are read, for messages: "NIfTI, PNG, … and GIF are read".</summary>
    internal static string Readable { get; } = ReadableText();

    /// <summary>
    /// The extensions of all formats, with their dots, the best format first. If an image is stored in two formats, the file whose
    /// extension comes first is the better choice. NIfTI is first because it stores the position of the pixels. The raster formats follow,
    /// sorted by the number of bits that they keep.
    /// </summary>
    internal static IReadOnlyList<string> ExtensionsByPrecision { get; } =
    [
        .. NiftiFormat.Extensions,
        .. RasterFormats.All.OrderByDescending(format => format.ExactBits).SelectMany(format => format.Extensions),
    ];

    /// <summary>The name of a format, as messages show it, such as "NIfTI" or "PNG".</summary>
    /// <param name="format">The format.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not defined.</exception>
    public static string Name(this ImageFormat format) =>
        format == ImageFormat.Nifti ? NiftiFormat.Name : RasterFormats.Get(format).Name;

    /// <summary>
    /// The extensions that files of a format usually have, with their dots and in lower case, the most usual first. They are never used to
    /// recognise a format: <see cref="SliceReader.ReadFormat"/> looks at the content.
    /// </summary>
    /// <param name="format">The format.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not defined.</exception>
    public static IReadOnlyList<string> FileExtensions(this ImageFormat format) =>
        format == ImageFormat.Nifti ? NiftiFormat.Extensions : RasterFormats.Get(format).Extensions;

    private static string ReadableText()
    {
        string[] names = [NiftiFormat.Name, .. RasterFormats.All.Select(format => format.Name)];
        return $"{string.Join(", ", names[..^1])} and {names[^1]} are read";
    }
}
