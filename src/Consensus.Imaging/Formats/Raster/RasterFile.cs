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
    public static Slice Read(SliceAddress address, ImageFormat format) =>
        Open(address, format, (raster, stream) => raster.Read(stream, address.Path));

    /// <summary>Reads the size of a picture from its header alone; otherwise as <see cref="Read"/>.</summary>
    public static (int Channels, int Height, int Width) ReadSize(SliceAddress address, ImageFormat format) =>
        Open(address, format, (raster, stream) => raster.ReadSize(stream, address.Path));

    /// <summary>Reads the orientation tag, 1 (upright) to 8; otherwise as <see cref="Read"/>.</summary>
    public static int ReadOrientation(SliceAddress address, ImageFormat format) =>
        Open(address, format, (raster, stream) => raster.ReadOrientation(stream, address.Path));

    private static T Open<T>(SliceAddress address, ImageFormat format, Func<RasterFormat, Stream, T> read)
    {
        RasterFormat raster = RasterFormats.Get(format);
        string path = address.Path;
        if (address.Index is not null)
        {
            throw new InvalidDataException(
                $"'{address}' asks for a slice of a volume, but '{path}' is a {raster.Name} picture: name the file alone.");
        }

        try
        {
            using FileStream stream = InputFile.Open(path);
            return read(raster, stream);
        }
        catch (Exception exception) when (exception is EndOfStreamException
            or (not IOException and not InvalidDataException and not OutOfMemoryException))
        {
            // Decoders throw exceptions of many types. To a caller, each of them means that the file is damaged.
            throw new InvalidDataException(
                $"'{path}' is a damaged {raster.Name} file: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }
}
