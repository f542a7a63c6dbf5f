using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>
/// One format of ordinary pictures: it recognises and reads its files. <see cref="RasterFormats.All"/> lists the formats. To add a format,
/// write a class and add it to that list.
/// </summary>
/// <remarks>
/// All formats give the same kind of slice. If the file stores colours, there are three channels: red, green and blue. Greys become one
/// channel. Values of 8 and more bits stay as they are stored; fewer bits are spread over 0 to 255. Colour profiles, gamma and resolution
/// are ignored. A transparency channel is dropped if every pixel is opaque; else the file is refused (<see cref="RasterLimits"/>).
/// </remarks>
internal abstract class RasterFormat
{
    /// <summary>
    /// Number of bytes at the start of a file that a format may look at. It is long enough for the signature of DICOM, so that DICOM files
    /// get a helpful message.
    /// </summary>
    public const int StartLength = 132;

    /// <summary>The value of the enumeration for this format.</summary>
    public abstract ImageFormat Format { get; }

    /// <summary>The name of the format, for messages.</summary>
    public virtual string Name => Format.ToString().ToUpperInvariant();

    /// <summary>The usual extensions of its files, with their dots and in lower case. The most usual comes first.</summary>
    public abstract IReadOnlyList<string> Extensions { get; }

    /// <summary>
    /// The largest number of bits per value that the format keeps exactly; 0 if it changes values. If an image is stored in two formats,
    /// the file in the more exact format is used.
    /// </summary>
    public abstract int ExactBits { get; }

    /// <summary>Whether a file is of this format.</summary>
    /// <param name="start">The first <see cref="StartLength"/> bytes of the file, or all bytes of a shorter file.</param>
    public abstract bool Matches(ReadOnlySpan<byte> start);

    /// <summary>Reads the picture, and turns it as its orientation tag says.</summary>
    /// <param name="stream">The file, from its first byte; it can seek.</param>
    /// <param name="path">The file's name, for messages and <see cref="Slice.Source"/>.</param>
    /// <exception cref="InvalidDataException">
    /// The file is damaged or too large, or its kind is not supported. The message names it. <see cref="RasterFile"/> turns other
    /// exceptions of a decoder into this exception.
    /// </exception>
    public abstract Slice Read(Stream stream, string path);

    /// <summary>Reads the size of the slice that <see cref="Read"/> gives, from the header alone.</summary>
    /// <param name="stream">The file, from its first byte; it can seek.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <exception cref="InvalidDataException">See <see cref="Read"/>; only problems of the header are found.</exception>
    public abstract (int Channels, int Height, int Width) ReadSize(Stream stream, string path);

    /// <summary>
    /// Reads the orientation tag, 1 (upright) to 8, as EXIF defines it. It says how viewers turn the stored picture. Formats without such
    /// a tag are upright.
    /// </summary>
    /// <param name="stream">The file, from its first byte; it can seek.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <exception cref="InvalidDataException">The header is damaged.</exception>
    public virtual int ReadOrientation(Stream stream, string path) => Orientation.Upright;
}
