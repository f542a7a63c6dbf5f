namespace Consensus.Imaging.Formats.Raster;

/// <summary>The list of the raster formats. All code that recognises, names or reads pictures uses this list.</summary>
internal static class RasterFormats
{
    /// <summary>All formats, in the order in which messages name them.</summary>
    public static IReadOnlyList<RasterFormat> All { get; } =
    [
        new PngFormat(),
        new JpegFormat(),
        new TiffFormat(),
        new BmpFormat(),
        new GifFormat(),
    ];

    /// <summary>The format that belongs to a value of the enumeration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a raster format.</exception>
    public static RasterFormat Get(ImageFormat format) =>
        All.FirstOrDefault(one => one.Format == format)
        ?? throw new ArgumentOutOfRangeException(nameof(format), format, "This is no raster format.");

    /// <summary>The format of a file that begins with these bytes; null if no format matches.</summary>
    public static RasterFormat? Recognize(ReadOnlySpan<byte> start)
    {
        foreach (RasterFormat format in All)
        {
            if (format.Matches(start))
            {
                return format;
            }
        }

        return null;
    }
}
