using System.Globalization;
using BitMiracle.LibTiff.Classic;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>An open TIFF or BigTIFF file with a single page.</summary>
internal sealed class TiffDocument : IDisposable
{
    private readonly TiffSource _source;

    /// <summary>Opens a file and moves to its page.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or has several pages.</exception>
    public TiffDocument(Stream stream, string path)
    {
        Path = path;
        Length = stream.Length;
        int page = TiffDirectories.FindOnlyPage(stream, path);
        _source = new TiffSource(stream);

        // "c" keeps LibTiff from cutting one strip into many.
        Tiff = _source.Open(path, "rc") ?? throw Damaged();
        try
        {
            if (_source.Error is not null || (page > 0 && !Tiff.SetDirectory((short)page)))
            {
                throw Damaged();
            }

            CheckStack();
        }
        catch
        {
            Tiff.Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>Number of bytes of the file.</summary>
    public long Length { get; }

    public Tiff Tiff { get; }

    /// <summary>The first error of LibTiff, on one line; null if there is none.</summary>
    public string? Error => _source.Error;

    /// <summary>The value of a tag.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="absent">The value if the file does not have the tag, and the tag has no default.</param>
    public int Tag(TiffTag tag, int absent) => Tiff.GetFieldDefaulted(tag) is { Length: > 0 } field ? field[0].ToInt() : absent;

    /// <summary>The exception for a file that is not supported.</summary>
    public InvalidDataException Refused(string found, string allowed) => new($"'{Path}' is a TIFF file with {found}: {allowed}.");

    /// <summary>The exception for a damaged file. Without a reason, it gives the error of LibTiff.</summary>
    public InvalidDataException Damaged(string? what = null) =>
        new($"'{Path}' is a damaged TIFF file: {what ?? Error ?? "its directory cannot be read"}.");

    public void Dispose() => Tiff.Dispose();

    /// <summary>
    /// Refuses stacks of ImageJ. For a large stack, ImageJ writes a single directory. The number of images is then only in the description,
    /// which has lines such as "ImageJ=1.53t" and "images=3".
    /// </summary>
    private void CheckStack()
    {
        string description = Tiff.GetField(TiffTag.IMAGEDESCRIPTION) is { Length: > 0 } field ? field[0].ToString() ?? "" : "";
        if (!description.StartsWith("ImageJ=", StringComparison.Ordinal))
        {
            return;
        }

        foreach (string line in description.Split(['\n', '\r']))
        {
            if (line.StartsWith("images=", StringComparison.Ordinal)
                && int.TryParse(line.AsSpan("images=".Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int images)
                && images > 1)
            {
                throw TiffDirectories.SeveralPages(Path, images);
            }
        }
    }
}
