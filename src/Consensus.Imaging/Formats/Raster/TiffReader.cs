using System.Globalization;
using BitMiracle.LibTiff.Classic;
using Orientation = Consensus.Imaging.Geometry.Orientation;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>
/// Reads TIFF and BigTIFF files of one page: greys, colours and palettes; integers of 1 to 16, 32 and 64 bits, floats of 32 and 64;
/// strips and tiles; both byte orders and planar configurations; the compressions that LibTiff knows.
/// </summary>
internal sealed class TiffReader : IDisposable
{
    // A tile may be larger than a small picture, up to this many pixels.
    private const int LargestPadding = 4096;

    private readonly TiffSource _source;
    private readonly Tiff _tiff;
    private readonly string _path;
    private readonly int _height;
    private readonly int _width;
    private readonly int _bits;
    private readonly int _samples;
    private readonly bool _separate;
    private readonly SampleFormat _format;
    private readonly Photometric _photometric;
    private readonly int _alpha;
    private readonly byte[][] _palette;
    private readonly Orientation _orientation;
    private readonly long _length;
    private readonly int _ratio;

    private TiffReader(Stream stream, string path)
    {
        _path = path;
        int page = TiffDirectories.FindOnlyPage(stream, path);
        _source = new TiffSource(stream);

        // "c" keeps LibTiff from cutting one strip into many.
        _tiff = _source.Open(path, "rc") ?? throw Damaged();
        try
        {
            if (_source.Error is not null || (page > 0 && !_tiff.SetDirectory((short)page)))
            {
                throw Damaged();
            }

            CheckStack();
            (_height, _width) = (Tag(TiffTag.IMAGELENGTH, 0), Tag(TiffTag.IMAGEWIDTH, 0));
            _bits = Tag(TiffTag.BITSPERSAMPLE, 1);
            _samples = Tag(TiffTag.SAMPLESPERPIXEL, 1);
            _separate = Tag(TiffTag.PLANARCONFIG, 1) == (int)PlanarConfig.SEPARATE && _samples > 1;
            _format = (SampleFormat)Tag(TiffTag.SAMPLEFORMAT, 1);
            var compression = (Compression)Tag(TiffTag.COMPRESSION, 1);
            _photometric = (Photometric)Tag(TiffTag.PHOTOMETRIC, _samples >= 3 ? (int)Photometric.RGB : (int)Photometric.MINISBLACK);
            CheckKind(compression);

            _palette = _photometric == Photometric.PALETTE ? ReadPalette() : [];
            (Channels, _alpha) = CountChannels();
            (_length, _ratio) = (stream.Length, BestCompression(compression));
            RasterLimits.CheckPromise(path, Channels, _height, _width, (Int128)_height * _width * _samples * _bits / 8, _ratio, _length);
            _orientation = Orientation.FromTag(Tag(TiffTag.ORIENTATION, 1), _height, _width);
        }
        catch
        {
            _tiff.Dispose();
            throw;
        }
    }

    private int Channels { get; }

    public static (int Channels, int Height, int Width) ReadSize(Stream stream, string path)
    {
        using var tiff = new TiffReader(stream, path);
        return (tiff.Channels, tiff._orientation.Height, tiff._orientation.Width);
    }

    /// <summary>The Orientation tag, 1 to 8.</summary>
    public static int ReadOrientation(Stream stream, string path)
    {
        using var tiff = new TiffReader(stream, path);
        return tiff.Tag(TiffTag.ORIENTATION, Orientation.Upright);
    }

    public static Slice Read(Stream stream, string path)
    {
        using var tiff = new TiffReader(stream, path);
        return tiff.ReadPixels();
    }

    public void Dispose() => _tiff.Dispose();

    private void CheckKind(Compression compression)
    {
        if (_bits is not ((>= 1 and <= 16) or 32 or 64) || _samples < 1)
        {
            throw Refused($"{_samples} sample(s) of {_bits} bits", "1 to 16, 32 and 64 bits are read");
        }

        bool known = _format switch
        {
            SampleFormat.UINT => true,
            SampleFormat.INT => _bits is 8 or 16 or 32 or 64,
            SampleFormat.IEEEFP => _bits is 32 or 64,
            SampleFormat.VOID => true,
            _ => false,
        };
        if (!known)
        {
            throw Refused(
                $"values of {_bits} bits of sample format {_format}", "unsigned and signed integers and floats of 32 and 64 bits are read");
        }

        if (_photometric == Photometric.YCBCR && compression == Compression.JPEG && _bits == 8)
        {
            _tiff.SetField(TiffTag.JPEGCOLORMODE, JpegColorMode.RGB);
        }
        else if (_photometric is not (Photometric.MINISBLACK or Photometric.MINISWHITE or Photometric.RGB or Photometric.PALETTE
            or Photometric.MASK))
        {
            throw Refused($"the colours {_photometric}", "greys, RGB and palettes are read");
        }

        if (_photometric == Photometric.MINISWHITE && (_format != SampleFormat.UINT || _bits > 16))
        {
            throw Refused($"{_format} values of {_bits} bits where 0 is white", "that is read of unsigned integers to 16 bits");
        }

        if (_tiff.FindCodec(compression) is not { CanDecode: true })
        {
            throw Refused($"compression {compression}", "none, LZW, Deflate, PackBits, JPEG and CCITT are read");
        }
    }

    /// <summary>Channels, and which sample tells the opacity (-1: none).</summary>
    private (int Channels, int Alpha) CountChannels()
    {
        switch (_photometric)
        {
            case Photometric.PALETTE when _samples == 1:
                return (_palette.Length, -1);
            case Photometric.RGB or Photometric.YCBCR when _samples is 3 or 4:
                return (3, _samples == 4 ? 3 : -1);
            case Photometric.MINISBLACK or Photometric.MINISWHITE or Photometric.MASK:
                FieldValue[]? extra = _tiff.GetField(TiffTag.EXTRASAMPLES);
                bool opacity = _samples == 2 && extra is { Length: > 1 } && extra[0].ToInt() == 1 && extra[1].ToShortArray()[0] != 0;
                return opacity ? (1, 1) : (_samples, -1);
            default:
                throw Refused(
                    $"{_samples} samples a pixel with the colours {_photometric}", "RGB has 3, or 4 with opacity; a palette has 1");
        }
    }

    /// <summary>Red, green and blue of each index, 0 to 255; one of them where all colours are grey.</summary>
    private byte[][] ReadPalette()
    {
        FieldValue[]? map = _bits <= 8 ? _tiff.GetField(TiffTag.COLORMAP) : null;
        if (map is not { Length: 3 })
        {
            throw Damaged("it has no palette of 8 bits or fewer");
        }

        ushort[][] stored = [.. map.Select(colour => Array.ConvertAll(colour.ToShortArray(), value => (ushort)value))];
        if (stored.Any(colour => colour.Length < 1 << _bits))
        {
            throw Damaged("its palette is too short");
        }

        // Colours have 16 bits; some writers give 8.
        int shift = stored.All(colour => colour.All(value => value <= byte.MaxValue)) ? 0 : 8;
        byte[][] palette = [.. stored.Select(colour => Array.ConvertAll(colour, value => (byte)(value >> shift)))];
        return palette[0].SequenceEqual(palette[1]) && palette[0].SequenceEqual(palette[2]) ? [palette[0]] : palette;
    }

    private Slice ReadPixels()
    {
        var pixels = GC.AllocateUninitializedArray<float>(Channels * _height * _width);
        bool tiled = _tiff.IsTiled();
        (int blockHeight, int blockWidth) = tiled
            ? (Tag(TiffTag.TILELENGTH, 0), Tag(TiffTag.TILEWIDTH, 0))
            : (RowsPerStrip(), _width);
        int samples = _separate ? 1 : _samples;
        Int128 rowBytes = (((Int128)blockWidth * samples * _bits) + 7) / 8;
        if (blockHeight < 1
            || blockWidth < 1
            || rowBytes * blockHeight > Array.MaxLength
            || blockWidth > _width + LargestPadding
            || blockHeight > _height + LargestPadding
            || (_ratio > 0 && rowBytes * blockHeight > (Int128)_ratio * _length))
        {
            throw Damaged($"its {(tiled ? "tiles" : "strips")} have {blockHeight}×{blockWidth} pixels (height × width)");
        }

        int expected = tiled ? _tiff.TileSize() : _tiff.StripSize(), stride = (int)rowBytes;
        if (expected != stride * blockHeight)
        {
            throw Damaged($"its {(tiled ? "tiles" : "strips")} take {expected} bytes instead of {stride * blockHeight}");
        }

        byte[] block = GC.AllocateUninitializedArray<byte>(expected);
        float[] values = new float[blockWidth * samples];
        for (int plane = 0; plane < (_separate ? _samples : 1); plane++)
        {
            for (int top = 0; top < _height; top += blockHeight)
            {
                int rows = Math.Min(blockHeight, _height - top);
                for (int left = 0; left < _width; left += blockWidth)
                {
                    ReadBlock(tiled, top, left, plane, tiled ? expected : rows * stride, block);
                    int columns = Math.Min(blockWidth, _width - left);
                    for (int row = 0; row < rows; row++)
                    {
                        Unpack(block.AsSpan(row * stride, stride), values);
                        Place(values, top + row, left, columns, _separate ? plane : 0, pixels);
                    }
                }
            }
        }

        return new Slice(Channels, _orientation.Height, _orientation.Width, pixels, SliceGeometry.None, _path);
    }

    private int RowsPerStrip()
    {
        // Absent, or as many as there can be: one strip holds all.
        int rows = Tag(TiffTag.ROWSPERSTRIP, -1);
        return rows < 1 || rows > _height ? _height : rows;
    }

    private void ReadBlock(bool tiled, int top, int left, int plane, int expected, byte[] block)
    {
        // LibTiff allocates as many bytes as the file promises for the block.
        int index = tiled ? _tiff.ComputeTile(left, top, 0, (short)plane) : _tiff.ComputeStrip(top, (short)plane);
        long stored = tiled ? _tiff.RawTileSize(index) : _tiff.RawStripSize(index);
        if (stored > _length)
        {
            throw Damaged(string.Create(
                CultureInfo.InvariantCulture,
                $"{(tiled ? "tile" : "strip")} {index} is said to have {stored} bytes, and the file has {_length}"));
        }

        int read = tiled ? _tiff.ReadEncodedTile(index, block, 0, expected) : _tiff.ReadEncodedStrip(index, block, 0, expected);
        if (read < expected || _source.Error is not null)
        {
            throw new InvalidDataException(
                $"'{_path}' is truncated or damaged: the pixels from row {top} on cannot be read "
                + $"({_source.Error ?? $"{Math.Max(read, 0)} of {expected} bytes"}).");
        }
    }

    /// <summary>LibTiff has put numbers of 16 bits and more into the machine's byte order.</summary>
    private void Unpack(ReadOnlySpan<byte> row, Span<float> values)
    {
        switch (_format, _bits)
        {
            case (SampleFormat.IEEEFP, 32): SampleUnpacker.Convert<float>(row, values); break;
            case (SampleFormat.IEEEFP, 64): SampleUnpacker.Convert<double>(row, values); break;
            case (SampleFormat.INT, 8): SampleUnpacker.Convert<sbyte>(row, values); break;
            case (SampleFormat.INT, 16): SampleUnpacker.Convert<short>(row, values); break;
            case (SampleFormat.INT, 32): SampleUnpacker.Convert<int>(row, values); break;
            case (SampleFormat.INT, 64): SampleUnpacker.Convert<long>(row, values); break;
            case (_, 16): SampleUnpacker.Convert<ushort>(row, values); break;
            case (_, 32): SampleUnpacker.Convert<uint>(row, values); break;
            case (_, 64): SampleUnpacker.Convert<ulong>(row, values); break;
            default: SampleUnpacker.Unpack(row, _bits, values); break;
        }
    }

    private void Place(Span<float> values, int row, int left, int columns, int firstSample, float[] pixels)
    {
        int samples = _separate ? 1 : _samples, size = _height * _width;
        if (_palette.Length > 0)
        {
            for (int channel = 0; channel < Channels; channel++)
            {
                byte[] colours = _palette[channel];
                Span<float> plane = pixels.AsSpan(channel * size, size);
                float colour = 0;
                for (int i = 0; i < columns; i++)
                {
                    colour = colours[(int)values[i]];
                    _orientation.Place(new ReadOnlySpan<float>(in colour), 1, row, left + i, 1, plane);
                }
            }

            return;
        }

        Adjust(values);
        for (int sample = 0; sample < samples; sample++)
        {
            if (firstSample + sample == _alpha)
            {
                CheckOpaque(values, sample, samples, columns);
            }
            else
            {
                _orientation.Place(values[sample..], samples, row, left, columns, pixels.AsSpan((firstSample + sample) * size, size));
            }
        }
    }

    /// <summary>Turns white zeros around, and spreads fewer than 8 bits over 0 to 255, as every viewer does.</summary>
    private void Adjust(Span<float> values)
    {
        float largest = (1L << Math.Min(_bits, 16)) - 1;
        if (_photometric == Photometric.MINISWHITE)
        {
            foreach (ref float value in values)
            {
                value = largest - value;
            }
        }

        if (_bits < 8)
        {
            foreach (ref float value in values)
            {
                value *= 255 / largest;
            }
        }
    }

    private void CheckOpaque(ReadOnlySpan<float> values, int sample, int samples, int columns)
    {
        float opaque = _format == SampleFormat.IEEEFP ? 1 : _bits < 8 ? 255 : (1L << Math.Min(_bits, 62)) - 1;
        for (int i = 0; i < columns; i++)
        {
            if (values[(i * samples) + sample] != opaque)
            {
                throw RasterLimits.Transparent(_path);
            }
        }
    }

    /// <summary>
    /// ImageJ writes a large stack behind a single directory, and says so in the description: "ImageJ=1.53t, images=3", a line each.
    /// </summary>
    private void CheckStack()
    {
        string description = _tiff.GetField(TiffTag.IMAGEDESCRIPTION) is { Length: > 0 } field ? field[0].ToString() ?? "" : "";
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
                throw TiffDirectories.SeveralPages(_path, images);
            }
        }
    }

    private int Tag(TiffTag tag, int absent) => _tiff.GetFieldDefaulted(tag) is { Length: > 0 } field ? field[0].ToInt() : absent;

    /// <summary>What a byte of the file can unpack to at best; 0 when there is no bound.</summary>
    private static int BestCompression(Compression compression) => compression switch
    {
        Compression.NONE => 1,
        Compression.PACKBITS => 64,
        Compression.LZW => 4096,
        Compression.DEFLATE or Compression.ADOBE_DEFLATE => 1032,
        Compression.JPEG or Compression.OJPEG => 4096,
        _ => 0,
    };

    private InvalidDataException Refused(string found, string allowed) => new($"'{_path}' is a TIFF file with {found}: {allowed}.");

    private InvalidDataException Damaged(string? what = null) =>
        new($"'{_path}' is a damaged TIFF file: {what ?? _source.Error ?? "its directory cannot be read"}.");
}
