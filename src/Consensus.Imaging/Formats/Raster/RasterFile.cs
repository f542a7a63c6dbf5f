using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>Opens pictures and reads them by their <see cref="RasterFormat"/>.</summary>
internal static class RasterFile
{
    /// <summary>Reads a picture as a slice.</summary>
    /// <param name="address">The file. An address of a slice in a volume is refused.</param>
    /// <param name="format">Its format.</param>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, its kind is not supported, or it is too large. The message names it.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Slice Read(SliceAddress address, ImageFormat format) => Read(Content(address, format), format);

    /// <summary>Reads a picture from a file or from memory; otherwise as <see cref="Read(SliceAddress, ImageFormat)"/>.</summary>
    public static Slice Read(InputContent content, ImageFormat format) =>
        Open(content, format, (raster, stream) => raster.Read(stream, content.Name));

    /// <summary>Reads the size of a picture from its header alone; otherwise as <see cref="Read(SliceAddress, ImageFormat)"/>.</summary>
    public static (int Channels, int Height, int Width) ReadSize(SliceAddress address, ImageFormat format) =>
        ReadSize(Content(address, format), format);

    /// <summary>Reads the size of a picture in a file or in memory; otherwise as <see cref="Read(SliceAddress, ImageFormat)"/>.</summary>
    public static (int Channels, int Height, int Width) ReadSize(InputContent content, ImageFormat format) =>
        Open(content, format, (raster, stream) => raster.ReadSize(stream, content.Name));

    /// <summary>Reads the orientation tag, 1 (upright) to 8; otherwise as <see cref="Read(SliceAddress, ImageFormat)"/>.</summary>
    public static int ReadOrientation(SliceAddress address, ImageFormat format) =>
        Open(Content(address, format), format, (raster, stream) => raster.ReadOrientation(stream, address.Path));

    private static InputContent Content(SliceAddress address, ImageFormat format) => address.Index is null
        ? InputContent.FromFile(address.Path)
        : throw new InvalidDataException(
            $"'{address}' asks for a slice of a volume, but '{address.Path}' is a {RasterFormats.Get(format).Name} picture: "
            + "name the file alone.");

    private static T Open<T>(InputContent content, ImageFormat format, Func<RasterFormat, Stream, T> read)
    {
        RasterFormat raster = RasterFormats.Get(format);
        try
        {
            using Stream stream = content.Open();
            return read(raster, stream);
        }
        catch (Exception exception) when (exception is EndOfStreamException
            or (not IOException and not InvalidDataException and not OutOfMemoryException))
        {
            // Decoders throw exceptions of many types. To a caller, each of them means that the file is damaged.
            throw new InvalidDataException(
                $"'{content.Name}' is a damaged {raster.Name} file: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }
}
