using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Files;

/// <summary>
/// The bytes of an image file in memory, for programs that get images from a network, a database or another library rather than as files.
/// It reads what <see cref="SliceReader"/> reads, to the same values, except for pairs of .hdr and .img.
/// </summary>
/// <example>
/// <code>
/// using Stream request = File.OpenRead("scan.nii.gz");   // or the body of a request
/// EncodedImage upload = EncodedImage.FromStream(request, "scan.nii.gz");
/// Slice slice = upload.ReadSlice();                 // or, for a volume:
/// IEnumerable&lt;Slice&gt; slices = upload.ReadSlices(axis: 2);
/// </code>
/// </example>
public sealed class EncodedImage
{
    private readonly InputContent _content;

    private EncodedImage(InputContent content)
    {
        _content = content;
        Format = ImageFormatDetector.Detect(content);
        NiftiHeader = Format == ImageFormat.Nifti ? NiftiSource.ReadHeader(content) : null;
    }

    /// <summary>The name of the image, for messages and <see cref="Slice.Source"/>.</summary>
    public string Name => _content.Name;

    /// <summary>The format, as the first bytes show it.</summary>
    public ImageFormat Format { get; }

    /// <summary>The header of a NIfTI image; null for the other formats.</summary>
    public NiftiHeader? NiftiHeader { get; }

    /// <summary>Whether the image has to be cut into slices (<see cref="NiftiHeader.IsVolume"/>).</summary>
    public bool IsVolume => NiftiHeader is { IsVolume: true };

    /// <summary>The format of a file by its first bytes; null where it is of no format that is read.</summary>
    /// <param name="bytes">The file, or its first 132 bytes.</param>
    public static ImageFormat? Recognize(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> start = bytes[..Math.Min(bytes.Length, RasterFormat.StartLength)];
        return RasterFormats.Recognize(start)?.Format ?? (NiftiFormat.Matches(start) ? ImageFormat.Nifti : null);
    }

    /// <summary>An image whose bytes are in memory.</summary>
    /// <param name="bytes">The whole file. It is not copied: it must not change while the image is used.</param>
    /// <param name="name">A name for messages; nothing is read from a file of this name.</param>
    /// <exception cref="InvalidDataException">
    /// The bytes are of another format, or of a damaged header; the message gives the name and says what is allowed.
    /// </exception>
    public static EncodedImage FromBytes(ReadOnlyMemory<byte> bytes, string name = "image") => new(InputContent.FromBytes(bytes, name));

    /// <summary>An image whose bytes are read from a stream, to its end. They are kept in memory as they are.</summary>
    /// <param name="stream">The whole file, plain or gzip, at most 2 GiB. It stays open, and does not need to seek.</param>
    /// <param name="name">A name for messages; nothing is read from a file of this name.</param>
    /// <exception cref="InvalidDataException">As in <see cref="FromBytes"/>.</exception>
    /// <exception cref="IOException">The stream cannot be read, or has more than 2 GiB.</exception>
    public static EncodedImage FromStream(Stream stream, string name = "image")
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return FromBytes(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), name);
    }

    /// <summary>
    /// Reads how large the slice is that <see cref="ReadSlice"/> gives, from the header alone: before memory is allocated for the pixels
    /// of an image from a stranger.
    /// </summary>
    /// <returns>Number of channels, rows and columns.</returns>
    /// <exception cref="InvalidDataException">The header is damaged, or that of a volume; the message gives the image's name.</exception>
    public (int Channels, int Height, int Width) ReadSize() =>
        NiftiHeader is { } header ? NiftiSliceShape.Read(header) : RasterFile.ReadSize(_content, Format);

    /// <summary>Reads the image as one slice, as <see cref="SliceReader.Read(string)"/> does.</summary>
    /// <returns>Channels × height × width values in the file's own units.</returns>
    /// <exception cref="InvalidDataException">The image is damaged or no slice; the message gives its name.</exception>
    public Slice ReadSlice() =>
        Format == ImageFormat.Nifti ? NiftiFile.ReadSlice(_content) : RasterFile.Read(_content, Format);

    /// <summary>
    /// Reads all slices of a volume in turn, as <see cref="NiftiFile.ReadSlices(string, int?)"/> does. A picture gives itself.
    /// </summary>
    /// <param name="axis">
    /// The axis that is cut: 0, 1 or 2 of the stored array; null for the axis of length 1, and for the third axis of a volume. Pictures
    /// have no axis to choose.
    /// </param>
    /// <returns>The slices. Those of a volume are read while they are enumerated.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="InvalidDataException">The image is damaged or cannot be cut; the message gives its name.</exception>
    public IEnumerable<Slice> ReadSlices(int? axis = null) =>
        Format == ImageFormat.Nifti ? NiftiFile.ReadSlices(_content, axis) : [RasterFile.Read(_content, Format)];
}
