using System.Globalization;
using System.Buffers.Binary;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>
/// Checks the directories of a TIFF or BigTIFF file before LibTiff reads them. LibTiff trusts every count in the file and allocates memory
/// for it.
/// </summary>
internal sealed class TiffDirectories
{
    private const int NewSubfileType = 254, ImageWidth = 256, ImageLength = 257, StripOffsets = 273, SamplesPerPixel = 277,
        RowsPerStrip = 278,
        PlanarConfiguration = 284, TileWidth = 322, TileLength = 323, TileOffsets = 324;

    // The bit of the tag NewSubfileType that marks a page as a reduced copy of another page.
    private const long ReducedCopy = 1;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly bool _bigEndian;
    private readonly bool _big;

    private TiffDirectories(Stream stream, string path)
    {
        (_stream, _path) = (stream, path);
        Span<byte> start = stackalloc byte[4];
        stream.ReadExactly(start);
        _bigEndian = start[0] == 'M';
        _big = start[_bigEndian ? 3 : 2] == 43;
    }

    /// <summary>
    /// Makes sure that there is exactly one page, and that no tag and no list of strips or tiles is larger than the file.
    /// </summary>
    /// <returns>The number of the directory that holds the page. Reduced copies do not count as pages.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or has several pages.</exception>
    public static int FindOnlyPage(Stream stream, string path)
    {
        stream.Position = 0;
        int page = new TiffDirectories(stream, path).FindOnlyPage();
        stream.Position = 0;
        return page;
    }

    /// <summary>The exception for a file with several pictures.</summary>
    public static InvalidDataException SeveralPages(string path, int pages) =>
        new(
            $"'{path}' has {pages} pages, but a slice is one picture: save each page as a file of its "
            + "own, or the stack as a NIfTI volume.");

    private int FindOnlyPage()
    {
        long offset = _big ? SkipBigHeader() : (long)Number(4);
        var visited = new HashSet<long>();
        int pages = 0, only = 0;
        for (int directory = 0; offset != 0; directory++)
        {
            if (!visited.Add(offset))
            {
                throw Damaged("its directories go round in a circle");
            }

            if ((ReadDirectory(ref offset) & ReducedCopy) == 0 && pages++ == 0)
            {
                only = directory;
            }
        }

        return pages switch
        {
            0 when visited.Count == 0 => throw Damaged("it has no directory"),
            > 1 => throw SeveralPages(_path, pages),
            _ => only,
        };
    }

    private long SkipBigHeader()
    {
        Number(4);
        return (long)Number(8);
    }

    /// <summary>Checks a directory, and moves the offset to the next one.</summary>
    /// <returns>The kind of page that the directory describes (NewSubfileType).</returns>
    private long ReadDirectory(ref long offset)
    {
        if (offset < 0 || offset > _stream.Length)
        {
            throw Damaged(string.Create(
                CultureInfo.InvariantCulture,
                $"a directory is said to begin at byte {offset} of {_stream.Length}"));
        }

        _stream.Position = offset;
        ulong entries = Number(_big ? 8 : 2);
        int entrySize = _big ? 20 : 12, inline = _big ? 8 : 4;
        if (entries > (ulong)((_stream.Length - _stream.Position) / entrySize))
        {
            throw Damaged($"a directory promises {entries} tags, which the file cannot hold");
        }

        var values = new Dictionary<int, long>();
        for (ulong entry = 0; entry < entries; entry++)
        {
            int tag = (int)Number(2), size = Size((int)Number(2));
            ulong count = Number(inline);
            if ((UInt128)count * (uint)size > (UInt128)_stream.Length)
            {
                throw Damaged($"its tag {tag} promises {count} values, which the file cannot hold");
            }

            long next = _stream.Position + inline;
            values[tag] = tag is StripOffsets or TileOffsets ? (long)count
                : count == 1 && size is 1 or 2 or 4 or 8 && size <= inline ? (long)Number(size)
                : 0;
            _stream.Position = next;
        }

        offset = (long)Number(inline);
        CheckBlocks(values);
        return values.GetValueOrDefault(NewSubfileType);
    }

    private void CheckBlocks(Dictionary<int, long> values)
    {
        bool tiled = values.ContainsKey(TileWidth) || values.ContainsKey(TileLength) || values.ContainsKey(TileOffsets);
        long height = values.GetValueOrDefault(ImageLength), width = values.GetValueOrDefault(ImageWidth);
        long rows = tiled ? values.GetValueOrDefault(TileLength) : values.GetValueOrDefault(RowsPerStrip, height),
            columns = tiled ? values.GetValueOrDefault(TileWidth) : width;
        if (height < 1 || width < 1)
        {
            throw Damaged($"it promises {height}×{width} pixels (height × width)");
        }

        if (rows < 1 || columns < 1)
        {
            throw Damaged($"its {(tiled ? "tiles" : "strips")} have {rows}×{columns} pixels (height × width)");
        }

        Int128 planes = values.GetValueOrDefault(PlanarConfiguration) == 2 ? Math.Max(1, values.GetValueOrDefault(SamplesPerPixel)) : 1;
        Int128 needed = (((Int128)height + rows - 1) / rows) * (((Int128)width + columns - 1) / columns) * planes;
        long listed = Math.Max(values.GetValueOrDefault(StripOffsets), values.GetValueOrDefault(TileOffsets));
        if (listed < needed)
        {
            throw Damaged(
                $"its {height}×{width} pixels (height × width) need {needed} {(tiled ? "tiles" : "strips")}, and it lists {listed}");
        }
    }

    /// <summary>Number of bytes of a value of this type; 0 for an unknown type. LibTiff skips unknown types.</summary>
    private static int Size(int type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 or 16 or 17 or 18 => 8,
        _ => 0,
    };

    /// <summary>Reads the next number of the file.</summary>
    private ulong Number(int bytes)
    {
        Span<byte> number = stackalloc byte[8];
        number.Clear();
        Span<byte> stored = _bigEndian ? number[(8 - bytes)..] : number[..bytes];
        if (_stream.ReadAtLeast(stored, bytes, throwOnEndOfStream: false) < bytes)
        {
            throw new InvalidDataException($"'{_path}' is truncated: it ends within its TIFF directory, after {_stream.Length} bytes.");
        }

        return _bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(number) : BinaryPrimitives.ReadUInt64LittleEndian(number);
    }

    private InvalidDataException Damaged(string what) => new($"'{_path}' is a damaged TIFF file: {what}.");
}
