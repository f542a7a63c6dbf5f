using System.Globalization;
using BitMiracle.LibTiff.Classic;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>Reads the strips or tiles of a TIFF page, and unpacks their rows.</summary>
internal sealed class TiffBlocks
{
    // A tile may be larger than a small picture, by at most this number of pixels.
    private const int LargestPadding = 4096;

    private readonly TiffDocument _file;
    private readonly TiffLayout _layout;
    private readonly bool _tiled;
    private readonly int _height;
    private readonly int _width;
    private readonly int _samples;
    private readonly int _rowBytes;
    private readonly int _blockBytes;

    /// <exception cref="InvalidDataException">The size of the strips or tiles is wrong.</exception>
    public TiffBlocks(TiffDocument file, TiffLayout layout)
    {
        (_file, _layout) = (file, layout);
        _tiled = file.Tiff.IsTiled();
        (_height, _width) = _tiled
            ? (file.Tag(TiffTag.TILELENGTH, 0), file.Tag(TiffTag.TILEWIDTH, 0))
            : (RowsPerStrip(file, layout), layout.Width);
        _samples = layout.IsSeparate ? 1 : layout.Samples;
        Int128 rowBytes = (((Int128)_width * _samples * layout.Bits) + 7) / 8;
        string kind = _tiled ? "tiles" : "strips";
        if (_height < 1
            || _width < 1
            || rowBytes * _height > Array.MaxLength
            || _width > layout.Width + LargestPadding
            || _height > layout.Height + LargestPadding
            || (layout.BestCompression > 0 && rowBytes * _height > (Int128)layout.BestCompression * file.Length))
        {
            throw file.Damaged($"its {kind} have {_height}×{_width} pixels (height × width)");
        }

        _rowBytes = (int)rowBytes;
        _blockBytes = _tiled ? file.Tiff.TileSize() : file.Tiff.StripSize();
        if (_blockBytes != _rowBytes * _height)
        {
            throw file.Damaged($"its {kind} take {_blockBytes} bytes instead of {_rowBytes * _height}");
        }
    }

    /// <summary>Receives a part of a row.</summary>
    /// <param name="values">The values, <see cref="TiffLayout.Samples"/> per pixel, or one per pixel if planes are separate.</param>
    /// <param name="row">The row.</param>
    /// <param name="left">The first column.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="plane">The plane; 0 if planes are not separate.</param>
    public delegate void RowReceiver(Span<float> values, int row, int left, int columns, int plane);

    /// <summary>Reads all blocks in order.</summary>
    /// <exception cref="InvalidDataException">The file is truncated or damaged.</exception>
    public void Read(RowReceiver receive)
    {
        byte[] block = GC.AllocateUninitializedArray<byte>(_blockBytes);
        float[] values = new float[_width * _samples];
        for (int plane = 0; plane < (_layout.IsSeparate ? _layout.Samples : 1); plane++)
        {
            for (int top = 0; top < _layout.Height; top += _height)
            {
                int rows = Math.Min(_height, _layout.Height - top);
                for (int left = 0; left < _layout.Width; left += _width)
                {
                    ReadBlock(top, left, plane, _tiled ? _blockBytes : rows * _rowBytes, block);
                    int columns = Math.Min(_width, _layout.Width - left);
                    for (int row = 0; row < rows; row++)
                    {
                        Unpack(block.AsSpan(row * _rowBytes, _rowBytes), values);
                        receive(values, top + row, left, columns, plane);
                    }
                }
            }
        }
    }

    /// <summary>If the tag is absent or has the largest value, one strip holds all rows.</summary>
    private static int RowsPerStrip(TiffDocument file, TiffLayout layout)
    {
        int rows = file.Tag(TiffTag.ROWSPERSTRIP, -1);
        return rows < 1 || rows > layout.Height ? layout.Height : rows;
    }

    private void ReadBlock(int top, int left, int plane, int expected, byte[] block)
    {
        // LibTiff allocates as many bytes as the file promises for the block, so the promise is checked first.
        Tiff tiff = _file.Tiff;
        int index = _tiled ? tiff.ComputeTile(left, top, 0, (short)plane) : tiff.ComputeStrip(top, (short)plane);
        long stored = _tiled ? tiff.RawTileSize(index) : tiff.RawStripSize(index);
        if (stored > _file.Length)
        {
            throw _file.Damaged(string.Create(
                CultureInfo.InvariantCulture,
                $"{(_tiled ? "tile" : "strip")} {index} is said to have {stored} bytes, and the file has {_file.Length}"));
        }

        int read = _tiled ? tiff.ReadEncodedTile(index, block, 0, expected) : tiff.ReadEncodedStrip(index, block, 0, expected);
        if (read < expected || _file.Error is not null)
        {
            throw new InvalidDataException(
                $"'{_file.Path}' is truncated or damaged: the pixels from row {top} on cannot be read "
                + $"({_file.Error ?? $"{Math.Max(read, 0)} of {expected} bytes"}).");
        }
    }

    /// <summary>Converts a row to floats. LibTiff has already changed numbers of 16 bits and more to the machine's byte order.</summary>
    private void Unpack(ReadOnlySpan<byte> row, Span<float> values)
    {
        switch (_layout.Format, _layout.Bits)
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
            default: SampleUnpacker.Unpack(row, _layout.Bits, values); break;
        }
    }
}
