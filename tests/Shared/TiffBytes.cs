using System.Buffers.Binary;

namespace Consensus.ML.Tests.Shared;

/// <summary>Builds TIFF files tag by tag as TIFF 6.0 defines them. It does not use a library on purpose.</summary>
internal sealed class TiffBytes
{
    public bool BigEndian { get; init; }

    public int Width { get; init; } = 3;

    public int Height { get; init; } = 2;

    public int Bits { get; init; } = 8;

    public int Samples { get; init; } = 1;

    /// <summary>1 unsigned, 2 signed, 3 float; null leaves the tag out.</summary>
    public int? Format { get; init; }

    /// <summary>0 white is zero, 1 black is zero, 2 RGB, 3 palette.</summary>
    public int Photometric { get; init; } = 1;

    /// <summary>1 none, 8 Deflate, 32773 PackBits. The strips are given as compressed bytes.</summary>
    public int Compression { get; init; } = 1;

    public bool Planar { get; init; }

    /// <summary>Length of the sides of a tile; null for strips.</summary>
    public int? Tile { get; init; }

    public int? RowsPerStrip { get; init; }

    public int? Orientation { get; init; }

    public ushort[]? Palette { get; init; }

    public ushort[]? ExtraSamples { get; init; }

    public int Pages { get; init; } = 1;

    public string? Description { get; init; }

    /// <summary>The kind of the second page: 1 for a reduced copy of the first page.</summary>
    public int? SecondPageKind { get; init; }

    /// <summary>The strips or tiles in file order.</summary>
    public byte[][] Blocks { get; init; } = [[1, 2, 3, 4, 5, 6]];

    public byte[] File()
    {
        var file = new List<byte>();
        file.AddRange(BigEndian ? "MM"u8 : "II"u8);
        file.AddRange(Short(42));
        int[] offsets = new int[Blocks.Length];
        int at = 8;
        for (int i = 0; i < Blocks.Length; i++)
        {
            offsets[i] = at;
            at += Blocks[i].Length + (Blocks[i].Length & 1);
        }

        file.AddRange(Long(at));
        foreach (byte[] block in Blocks)
        {
            file.AddRange(block);
            file.AddRange(new byte[block.Length & 1]);
        }

        for (int page = 0; page < Pages; page++)
        {
            AddDirectory(file, offsets, page);
        }

        return [.. file];
    }

    public string WriteTo(string path)
    {
        System.IO.File.WriteAllBytes(path, File());
        return path;
    }

    /// <summary>Numbers of 16 bits in the file's byte order.</summary>
    public static byte[] Shorts(bool bigEndian, params int[] values) =>
        [.. values.SelectMany(value => bigEndian ? new[] { (byte)(value >> 8), (byte)value } : [(byte)value, (byte)(value >> 8)])];

    private void AddDirectory(List<byte> file, int[] offsets, int page)
    {
        var tags = new SortedDictionary<int, (int Type, int Count, byte[] Value)>
        {
            [256] = (3, 1, Short(Width)),
            [257] = (3, 1, Short(Height)),
            [258] = (3, Samples, Shorts(BigEndian, [.. Enumerable.Repeat(Bits, Samples)])),
            [259] = (3, 1, Short(Compression)),
            [262] = (3, 1, Short(Photometric)),
            [277] = (3, 1, Short(Samples)),
            [284] = (3, 1, Short(Planar ? 2 : 1)),
        };
        (int offsetTag, int countTag) = Tile is null ? (273, 279) : (324, 325);
        tags[offsetTag] = (4, offsets.Length, [.. offsets.SelectMany(Long)]);
        tags[countTag] = (4, offsets.Length, [.. Blocks.SelectMany(block => Long(block.Length))]);
        if (Tile is { } tile)
        {
            tags[322] = (3, 1, Short(tile));
            tags[323] = (3, 1, Short(tile));
        }
        else
        {
            tags[278] = (3, 1, Short(RowsPerStrip ?? Height));
        }

        if (Format is { } format)
        {
            tags[339] = (3, Samples, Shorts(BigEndian, [.. Enumerable.Repeat(format, Samples)]));
        }

        if (Orientation is { } orientation)
        {
            tags[274] = (3, 1, Short(orientation));
        }

        if (Description is { } description)
        {
            tags[270] = (2, description.Length + 1, [.. System.Text.Encoding.ASCII.GetBytes(description), 0]);
        }

        if (Palette is { } palette)
        {
            tags[320] = (3, palette.Length, Shorts(BigEndian, [.. palette.Select(value => (int)value)]));
        }

        if (ExtraSamples is { } extra)
        {
            tags[338] = (3, extra.Length, Shorts(BigEndian, [.. extra.Select(value => (int)value)]));
        }

        if (page == 1 && SecondPageKind is { } kind)
        {
            tags[254] = (4, 1, Long(kind));
        }

        int start = file.Count, values = start + 2 + (12 * tags.Count) + 4;
        var outside = new List<byte>();
        file.AddRange(Short(tags.Count));
        foreach ((int tag, (int type, int count, byte[] value)) in tags)
        {
            file.AddRange([.. Short(tag), .. Short(type), .. Long(count)]);
            if (value.Length <= 4)
            {
                file.AddRange([.. value, .. new byte[4 - value.Length]]);
            }
            else
            {
                file.AddRange(Long(values + outside.Count));
                outside.AddRange([.. value, .. new byte[value.Length & 1]]);
            }
        }

        file.AddRange(Long(page + 1 < Pages ? values + outside.Count : 0));
        file.AddRange(outside);
    }

    private byte[] Short(int value) => Shorts(BigEndian, value);

    private byte[] Long(int value)
    {
        var bytes = new byte[4];
        if (BigEndian)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        }

        return bytes;
    }
}
