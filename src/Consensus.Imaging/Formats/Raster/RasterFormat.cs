using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>
/// One format of ordinary pictures: how its files are recognised and read. <see cref="RasterFormats.All"/> lists the formats. To add a
/// format, add a class and its entry there.
/// </summary>
/// <remarks>
/// All formats give the same kind of slice. Colours become three channels, red, green and blue, where the file stores colours; greys
/// become one channel. Values are as stored: 8 and more bits unchanged, fewer bits spread over 0 to 255. Colour profiles, gamma and
/// resolution change nothing. Opaque transparency is dropped, other transparency is refused (<see cref="RasterLimits"/>).
/// </remarks>
internal abstract class RasterFormat
{
    /// <summary>The number of first bytes that a format may look at. The signature of DICOM, which is looked for too, ends there.</summary>
    public const int StartLength = 132;

    /// <summary>The value that stands for this format.</summary>
    public abstract ImageFormat Format { get; }

    /// <summary>The name of the format, for messages.</summary>
    public virtual string Name => Format.ToString().ToUpperInvariant();

    /// <summary>The extensions that its files usually have, with their dots and in lower case; the most usual first.</summary>
    public abstract IReadOnlyList<string> Extensions { get; }

    /// <summary>
    /// The most bits of a value that the format keeps exactly; 0 where it changes values. Where one image is stored in two formats, the
    /// file of the more exact format is used.
    /// </summary>
    public abstract int ExactBits { get; }

    /// <summary>Whether a file is of this format.</summary>
    /// <param name="start">The first bytes: <see cref="StartLength"/>, or all of a shorter file.</param>
    public abstract bool Matches(ReadOnlySpan<byte> start);

    /// <summary>Reads the picture, turned as its orientation tag says.</summary>
    /// <param name="stream">The file, from its first byte; it can seek.</param>
    /// <param name="path">The file's name, for messages and <see cref="Slice.Source"/>.</param>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, too large or of a kind that is not read; the message names it. Other exceptions of a decoder become this one
    /// in <see cref="RasterFile"/>.
    /// </exception>
    public abstract Slice Read(Stream stream, string path);

    /// <summary>Reads the size of the slice that <see cref="Read"/> gives, from the header alone.</summary>
    /// <param name="stream">The file, from its first byte; it can seek.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <exception cref="InvalidDataException">As <see cref="Read"/>, as far as the header tells.</exception>
    public abstract (int Channels, int Height, int Width) ReadSize(Stream stream, string path);

    /// <summary>
    /// Reads the orientation tag, 1 (upright) to 8, as EXIF defines it: how the stored picture is turned before it is shown. Formats
    /// without such a tag are upright.
    /// </summary>
    /// <param name="stream">The file, from its first byte; it can seek.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <exception cref="InvalidDataException">The header is damaged.</exception>
    public virtual int ReadOrientation(Stream stream, string path) => Orientation.Upright;
}
