using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>
/// Reads pictures of ordinary formats as slices. Colours become three channels, red, green and blue, where the file stores colours; greys
/// one. Values are as stored: 8 and more bits unchanged, fewer spread over 0 to 255. Colour profiles, gamma and resolution change
/// nothing. Opaque transparency channels are dropped, others refused.
/// </summary>
internal static class RasterFile
{
    /// <exception cref="InvalidDataException">
    /// The file is damaged, of a kind that is not read, or too large; the message names it.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Slice Read(SliceAddress address, ImageFormat format) => Guard(address, format, (stream, path) => format switch
    {
        ImageFormat.Png => PngReader.Read(stream, path),
        ImageFormat.Tiff => TiffReader.Read(stream, path),
        _ => SkiaReader.Read(stream, path, format),
    });

    /// <summary>As <see cref="Read"/>, from the header alone.</summary>
    public static (int Channels, int Height, int Width) ReadSize(SliceAddress address, ImageFormat format) =>
        Guard(address, format, (stream, path) => format switch
        {
            ImageFormat.Png => PngReader.ReadSize(stream, path),
            ImageFormat.Tiff => TiffReader.ReadSize(stream, path),
            _ => SkiaReader.ReadSize(stream, path, format),
        });

    /// <summary>
    /// How the file says that its picture is turned before it is shown: 1 (upright) to 8, as in EXIF. Formats without
    /// such a tag are upright.
    /// </summary>
    public static int ReadOrientation(SliceAddress address, ImageFormat format) => format switch
    {
        ImageFormat.Tiff => Guard(address, format, TiffReader.ReadOrientation),
        ImageFormat.Jpeg => Guard(address, format, (stream, path) => SkiaReader.ReadOrientation(stream, path, format)),
        _ => Orientation.Upright,
    };

    /// <summary>Refuses what a header promises before memory is taken for it.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="channels">Number of channels.</param>
    /// <param name="height">Rows, as the header has it.</param>
    /// <param name="width">Columns, as the header has it.</param>
    /// <param name="packed">Bytes of all pixels before compression.</param>
    /// <param name="ratio">What a byte of the file can unpack to at best; 0 when there is no bound.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    public static void CheckPromise(string path, long channels, long height, long width, Int128 packed, int ratio, long fileLength)
    {
        if (height < 1 || width < 1 || channels < 1)
        {
            throw new InvalidDataException($"'{path}' is damaged: its header promises {height}×{width} pixels (height × width).");
        }

        if (channels > NiftiFile.MaximumChannels)
        {
            throw new InvalidDataException($"'{path}' has {channels} channels, but a slice has {NiftiFile.MaximumChannels} at most.");
        }

        if ((Int128)height * width * channels > NiftiFile.MaximumValues)
        {
            throw new InvalidDataException(
                $"'{path}' promises {channels}×{height}×{width} values (channels × height × width), but a slice has "
                + $"{NiftiFile.MaximumValues} at most.");
        }

        if (ratio > 0 && packed > (Int128)fileLength * ratio)
        {
            throw new InvalidDataException(
                $"'{path}' is truncated or damaged: its header promises {height}×{width} pixels (height × width), which "
                + $"its {fileLength} bytes cannot hold.");
        }
    }

    /// <summary>The message for a file whose transparency matters.</summary>
    public static InvalidDataException Transparent(string path) =>
        new($"'{path}' is partly transparent, and what a transparent pixel shows depends on the viewer: save it without transparency.");

    /// <summary>Decoders fail in ways of their own; to a caller, each means that the file is damaged.</summary>
    private static T Guard<T>(SliceAddress address, ImageFormat format, Func<FileStream, string, T> read)
    {
        string path = address.Path;
        if (address.Index is not null)
        {
            throw new InvalidDataException(
                $"'{address}' asks for a slice of a volume, but '{path}' is a {format.Name()} picture: name the file alone.");
        }

        try
        {
            using FileStream stream = InputFile.Open(path);
            return read(stream, path);
        }
        catch (Exception exception) when (exception is EndOfStreamException
            or (not IOException and not InvalidDataException and not OutOfMemoryException))
        {
            throw new InvalidDataException(
                $"'{path}' is a damaged {format.Name()} file: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }

    /// <summary>How a format is written in messages.</summary>
    public static string Name(this ImageFormat format) => format == ImageFormat.Nifti ? "NIfTI" : format.ToString().ToUpperInvariant();
}
