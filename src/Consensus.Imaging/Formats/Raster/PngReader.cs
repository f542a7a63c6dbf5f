using System.Buffers.Binary;
using System.IO.Compression;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>
/// Reads PNG files (ISO/IEC 15948). SkiaSharp would reduce 16 bits to 8 and lose the palette. This reader keeps every stored value, checks
/// every checksum, and holds two rows in memory.
/// </summary>
internal sealed class PngReader
{
    // Deflate can unpack 2 bits to 258 bytes, but not to more.
    private const int BestCompression = 1032;

    private const int Grey = 0, Rgb = 2, Palette = 3, GreyAlpha = 4, Rgba = 6;

    private static readonly byte[] Signature = [0x89, .. "PNG\r\n\u001a\n"u8];

    private readonly string _path;
    private readonly Stream _stream;
    private readonly int _width;
    private readonly int _height;
    private readonly int _depth;
    private readonly int _colour;
    private readonly bool _interlaced;
    private readonly int _samples;
    private readonly byte[] _palette;
    private readonly byte[] _transparency;

    /// <summary>Reads everything before the pixels.</summary>
    private PngReader(Stream stream, string path)
    {
        _path = path;
        _stream = stream;
        Span<byte> signature = stackalloc byte[8];
        stream.ReadExactly(signature);
        if (!signature.SequenceEqual(Signature))
        {
            throw new InvalidDataException(
                $"'{path}' is a damaged PNG file: its first bytes are {Convert.ToHexString(signature)}, as "
                + "if it had been transferred as text.");
        }

        PngChunk header = PngChunk.ReadNext(stream, path);
        if (header.Type != "IHDR" || header.Length != 13)
        {
            throw Damaged("it does not begin with an IHDR chunk of 13 bytes");
        }

        byte[] fields = header.ReadAll();
        uint width = BinaryPrimitives.ReadUInt32BigEndian(fields), height = BinaryPrimitives.ReadUInt32BigEndian(fields.AsSpan(4));
        (_depth, _colour, _interlaced) = (fields[8], fields[9], fields[12] == 1);
        _samples = _colour switch { Grey or Palette => 1, GreyAlpha => 2, Rgb => 3, _ => 4 };
        bool allowed = _colour switch
        {
            Grey => _depth is 1 or 2 or 4 or 8 or 16,
            Palette => _depth is 1 or 2 or 4 or 8,
            Rgb or GreyAlpha or Rgba => _depth is 8 or 16,
            _ => false,
        };
        if (!allowed || fields[10] != 0 || fields[11] != 0 || fields[12] > 1)
        {
            throw Damaged(
                $"its header has bit depth {_depth}, colour type {_colour}, compression {fields[10]}, filter {fields[11]} and interlacing "
                + $"{fields[12]}, which do not go together");
        }

        RasterLimits.CheckPromise(
            path, _colour is Grey or GreyAlpha ? 1 : 3, height, width, (Int128)height * (((Int128)width * _samples * _depth) + 7) / 8,
            BestCompression, stream.Length);
        (_width, _height) = ((int)width, (int)height);
        (_palette, _transparency) = ReadColours();
        Channels = _colour is Grey or GreyAlpha || (_colour == Palette && ColourTable.IsGrey(_palette, 3)) ? 1 : 3;
    }

    private int Channels { get; }

    public static (int Channels, int Height, int Width) ReadSize(Stream stream, string path)
    {
        var png = new PngReader(stream, path);
        return (png.Channels, png._height, png._width);
    }

    public static Slice Read(Stream stream, string path) => new PngReader(stream, path).ReadPixels();

    /// <summary>Reads the palette and the transparency. Afterwards, the stream stands before the first chunk of pixels.</summary>
    private (byte[] Palette, byte[] Transparency) ReadColours()
    {
        byte[] palette = [], transparency = [];
        while (true)
        {
            long position = _stream.Position;
            PngChunk chunk = PngChunk.ReadNext(_stream, _path);
            switch (chunk.Type)
            {
                case "IDAT" when _colour == Palette && palette.Length == 0:
                    throw Damaged("it has no palette (PLTE)");
                case "IDAT":
                    _stream.Position = position;
                    return (palette, transparency);
                case "IEND":
                    throw Damaged("it has no pixels (IDAT)");
                case "PLTE" when chunk.Length > 768 || chunk.Length % 3 != 0:
                    throw Damaged($"its palette has {chunk.Length} bytes");
                case "PLTE":
                    palette = chunk.ReadAll();
                    break;
                case "tRNS" when chunk.Length > 256:
                    throw Damaged($"its transparency (tRNS) has {chunk.Length} bytes");
                case "tRNS":
                    transparency = chunk.ReadAll();
                    break;
                case "acTL":
                    throw new InvalidDataException(
                        $"'{_path}' is an animated PNG, but a slice is one picture: save the frame that is meant.");
                case { } type when char.IsAsciiLetterUpper(type[0]):
                    throw Damaged($"its chunk '{type}' is not of this format");
                default:
                    chunk.Skip();
                    break;
            }
        }
    }

    private Slice ReadPixels()
    {
        var pixels = GC.AllocateUninitializedArray<float>(Channels * _height * _width);
        using var data = new PngDataStream(_stream, _path);
        try
        {
            using (var unpacked = new ZLibStream(data, CompressionMode.Decompress, leaveOpen: true))
            {
                // The seven passes of Adam7, or the whole picture as one.
                (int Row, int RowStep, int Column, int ColumnStep)[] passes = _interlaced
                    ? [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1)]
                    : [(0, 1, 0, 1)];
                foreach ((int row, int rowStep, int column, int columnStep) in passes)
                {
                    ReadPass(unpacked, pixels, row, rowStep, column, columnStep);
                }

                // This unpacks to the end of the stream, so that the checksum is compared.
                unpacked.ReadByte();
            }

            data.CopyTo(Stream.Null);
        }
        catch (InvalidDataException exception) when (!exception.Message.Contains(_path, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"'{_path}' is a damaged PNG file: its pixels do not unpack.", exception);
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException(
                $"'{_path}' is truncated: it ends before the last of its {_height}×{_width} pixels (height × width).", exception);
        }

        return new Slice(Channels, _height, _width, pixels, SliceGeometry.None, _path);
    }

    private void ReadPass(ZLibStream unpacked, float[] pixels, int firstRow, int rowStep, int firstColumn, int columnStep)
    {
        int columns = (_width - firstColumn + columnStep - 1) / columnStep;
        if (columns <= 0 || firstRow >= _height)
        {
            return;
        }

        // Each row begins with one extra zero pixel, so that the first pixel also has a left neighbour.
        int size = (int)((((long)columns * _samples * _depth) + 7) / 8), distance = Math.Max(1, _samples * _depth / 8);
        byte[] current = new byte[distance + size], previous = new byte[distance + size];
        float[] values = new float[columns * _samples];
        for (int row = firstRow; row < _height; row += rowStep)
        {
            int filter = unpacked.ReadByte();
            unpacked.ReadExactly(current, distance, size);
            Unfilter(filter, current, previous, distance);
            SampleUnpacker.Unpack(current.AsSpan(distance, size), _depth, values);
            Place(values, columns, pixels, (row * _width) + firstColumn, columnStep);
            (current, previous) = (previous, current);
        }
    }

    private void Unfilter(int filter, byte[] row, byte[] above, int distance)
    {
        switch (filter)
        {
            case 0:
                break;
            case 1:
                for (int i = distance; i < row.Length; i++)
                {
                    row[i] += row[i - distance];
                }

                break;
            case 2:
                for (int i = distance; i < row.Length; i++)
                {
                    row[i] += above[i];
                }

                break;
            case 3:
                for (int i = distance; i < row.Length; i++)
                {
                    row[i] += (byte)((row[i - distance] + above[i]) / 2);
                }

                break;
            case 4:
                for (int i = distance; i < row.Length; i++)
                {
                    row[i] += Paeth(row[i - distance], above[i], above[i - distance]);
                }

                break;
            case -1:
                throw new EndOfStreamException();
            default:
                throw Damaged($"a row has filter {filter}, but 0 to 4 are allowed");
        }
    }

    private static byte Paeth(int left, int above, int corner)
    {
        int fromLeft = Math.Abs(above - corner), fromAbove = Math.Abs(left - corner), fromCorner = Math.Abs(left + above - (2 * corner));
        return (byte)(fromLeft <= fromAbove && fromLeft <= fromCorner ? left : fromAbove <= fromCorner ? above : corner);
    }

    /// <summary>Puts the samples of a row into the channels.</summary>
    private void Place(float[] values, int columns, float[] pixels, int first, int step)
    {
        int plane = _height * _width;
        CheckOpaque(values);
        if (_colour == Palette)
        {
            for (int i = 0, target = first; i < columns; i++, target += step)
            {
                int at = 3 * (int)values[i];
                if (at >= _palette.Length)
                {
                    throw Damaged($"a pixel has colour {at / 3} of a palette of {_palette.Length / 3}");
                }

                for (int channel = 0; channel < Channels; channel++)
                {
                    pixels[(channel * plane) + target] = _palette[at + channel];
                }
            }

            return;
        }

        // Values of fewer than 8 bits are spread over 0 to 255, as in every viewer.
        float scale = _depth < 8 ? 255f / ((1 << _depth) - 1) : 1;
        for (int channel = 0; channel < Channels; channel++)
        {
            for (int i = channel, target = (channel * plane) + first; i < values.Length; i += _samples, target += step)
            {
                pixels[target] = values[i] * scale;
            }
        }
    }

    private void CheckOpaque(float[] values)
    {
        bool transparent = false;
        if (_colour is GreyAlpha or Rgba)
        {
            float opaque = (1 << _depth) - 1;
            for (int i = _samples - 1; i < values.Length; i += _samples)
            {
                transparent |= values[i] != opaque;
            }
        }
        else if (_transparency.Length > 0 && _colour == Palette)
        {
            foreach (float index in values)
            {
                transparent |= index < _transparency.Length && _transparency[(int)index] < byte.MaxValue;
            }
        }
        else if (_transparency.Length >= 2 * _samples)
        {
            // The chunk names one colour that means transparency. It always has 16 bits per sample.
            for (int i = 0; i < values.Length; i += _samples)
            {
                bool same = true;
                for (int sample = 0; sample < _samples; sample++)
                {
                    same &= values[i + sample] == BinaryPrimitives.ReadUInt16BigEndian(_transparency.AsSpan(2 * sample));
                }

                transparent |= same;
            }
        }

        if (transparent)
        {
            throw RasterLimits.Transparent(_path);
        }
    }

    private InvalidDataException Damaged(string what) => new($"'{_path}' is a damaged PNG file: {what}.");
}
