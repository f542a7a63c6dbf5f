using System.Runtime.InteropServices;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>
/// Reads the slices of one volume, in any order. A compressed file is unpacked once if slices are read in stored order. In another order,
/// it is unpacked once or twice if the volume fits into the allowed memory: from the second slice on, a run of neighbouring slices is kept
/// as stored bytes. Not for several threads at the same time.
/// </summary>
internal sealed class NiftiVolume : IDisposable
{
    /// <summary>
    /// The largest number of stored bytes to keep: a scan of 512×512×256 values of 16 bits. One slice is always kept, even if it is
    /// larger.
    /// </summary>
    public const long Memory = 128L << 20;

    private readonly InputContent _content;
    private readonly long _memory;
    private readonly bool _all;
    private readonly bool _closing;
    private readonly bool _compressed;
    private NiftiSource? _source;
    private byte[] _kept = [];
    private int _first;
    private int _count;
    private int _last = -1;

    /// <param name="content">The file, or its bytes in memory.</param>
    /// <param name="axis">The axis to cut along: 0, 1 or 2.</param>
    /// <param name="memory">Number of bytes that may be kept.</param>
    /// <param name="all">Whether the caller will read all slices. Then neighbours are kept from the first slice on.</param>
    /// <param name="closing">
    /// Whether the file is closed after each slice, for readers that are not disposed. Then neighbours are also kept for compressed files
    /// that are read in order.
    /// </param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">It is not a NIfTI file, or cannot be cut into slices.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public NiftiVolume(InputContent content, int axis, long memory = Memory, bool all = false, bool closing = false)
    {
        _content = content;
        _memory = memory;
        _all = all;
        _closing = closing;
        _source = NiftiSource.Open(content);
        _compressed = _source.IsCompressed;
        try
        {
            Cut = NiftiCut.Along(_source.Header, axis);
        }
        catch
        {
            _source.Dispose();
            throw;
        }
    }

    public NiftiCut Cut { get; }

    private NiftiHeader Header => Cut.Header;

    /// <exception cref="InvalidDataException">
    /// There is no such slice, or the file is damaged or shorter than its header promises.
    /// </exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public Slice Read(int index)
    {
        Cut.CheckIndex(index);
        if (index < _first || index >= _first + _count)
        {
            Keep(index);
        }

        _last = index;
        int height = Cut.Height, width = Cut.Width, planeBytes = height * width * Header.BytesPerValue;
        ReadOnlySpan<byte> stored = _kept.AsSpan((int)((index - _first) * Cut.SliceBytes), (int)Cut.SliceBytes);
        var pixels = GC.AllocateUninitializedArray<float>(Cut.Channels * height * width);
        for (int channel = 0; channel < Cut.Channels; channel++)
        {
            NiftiValues.PlacePlane(stored.Slice(channel * planeBytes, planeBytes), Header, height, width, pixels.AsSpan(
                channel * height * width, height * width));
        }

        string address = new SliceAddress(_content.Name, Cut.Axis, index).ToString();
        return new Slice(Cut.Channels, height, width, pixels, Cut.Geometry(index), address) { Axis = Cut.Axis };
    }

    public void Dispose() => _source?.Dispose();

    /// <summary>Reads a slice into memory, together with as many neighbours as are useful.</summary>
    private void Keep(int index)
    {
        // Read a single slice if it may be the only request, or if the next slice can be read just as fast later.
        bool alone = (_last < 0 && !_all) || (Cut.IsContiguous && (!_compressed || (index > _last && !_closing)));
        int count = alone ? 1 : (int)Math.Clamp(_memory / Cut.SliceBytes, 1, Math.Min(Cut.Count, Array.MaxLength / Cut.SliceBytes));
        int first = index > _last ? Math.Min(index, Cut.Count - count) : Math.Max(0, index - count + 1);
        long bytes = count * Cut.SliceBytes;
        (_first, _count) = (0, 0);

        NiftiSource source = Reopened(Offset(first));
        source.CheckPromise(End(first + count - 1), bytes);
        if (_kept.Length < bytes)
        {
            // Release the old bytes first. Both arrays together could take twice the allowed memory.
            _kept = [];
            _kept = GC.AllocateUninitializedArray<byte>((int)bytes);
        }

        Span<byte> kept = _kept.AsSpan(0, (int)bytes);
        Fill(source, first, count, kept);
        NiftiValues.ToNativeOrder(kept, Header.BytesPerValue, Header.BigEndian);
        (_first, _count) = (first, count);
        if (count == Cut.Count || _closing)
        {
            source.Dispose();
            _source = null;
        }
    }

    /// <summary>Position of a slice's first value, in bytes, counted from the file's first value.</summary>
    private long Offset(int index) => Header.BytesPerValue * index * (Cut.Axis switch { 0 => 1, 1 => Cut.X, _ => Cut.X * Cut.Y });

    /// <summary>Position after a slice's last value.</summary>
    private long End(int index)
    {
        long x = Cut.Axis == 0 ? index : Cut.X - 1, y = Cut.Axis == 1 ? index : Cut.Y - 1, z = Cut.Axis == 2 ? index : Cut.Z - 1;
        return Header.BytesPerValue * (x + (Cut.X * (y + (Cut.Y * (z + (Cut.Z * (Cut.Channels - 1)))))) + 1);
    }

    /// <summary>The open file. A compressed file that has been read beyond this position is opened again.</summary>
    private NiftiSource Reopened(long offset)
    {
        if (_source is not null && _source.CanReach(offset))
        {
            return _source;
        }

        _source?.Dispose();
        _source = NiftiSource.Open(_content);
        NiftiHeader found = _source.Header;
        if (!found.Shape.SequenceEqual(Header.Shape)
            || found.TypeCode != Header.TypeCode
            || found.BigEndian != Header.BigEndian
            || found.DataOffset != Header.DataOffset)
        {
            throw new IOException($"'{_content.Name}' was changed while its slices were read.");
        }

        return _source;
    }

    /// <summary>
    /// Reads slices into memory, each in one piece: channel by channel, column by column, with the row index changing fastest.
    /// </summary>
    private void Fill(NiftiSource source, int first, int count, Span<byte> kept)
    {
        int size = Header.BytesPerValue;
        long x = Cut.X, y = Cut.Y, z = Cut.Z;
        int sliceBytes = (int)Cut.SliceBytes, columnBytes = Cut.Height * size;
        int runs = Cut.Axis == 0 ? (int)Math.Clamp(NiftiValues.BlockBytes / ((long)count * size), 1, y) : 1;
        byte[] block = Cut.Axis == 0 ? GC.AllocateUninitializedArray<byte>(runs * count * size) : [];
        for (int channel = 0; channel < Cut.Channels; channel++)
        {
            int channelAt = channel * Cut.Width * columnBytes;
            switch (Cut.Axis)
            {
                case 2:
                    for (int slice = 0; slice < count; slice++)
                    {
                        source.ReadAt(
                            size * x * y * ((channel * z) + first + slice),
                            kept.Slice((slice * sliceBytes) + channelAt, Cut.Width * columnBytes));
                    }

                    break;
                case 1:
                    for (int column = 0; column < z; column++)
                    {
                        for (int slice = 0; slice < count; slice++)
                        {
                            source.ReadAt(
                                size * x * (first + slice + (y * ((channel * z) + column))),
                                kept.Slice((slice * sliceBytes) + channelAt + (column * columnBytes), columnBytes));
                        }
                    }

                    break;
                default:
                    for (int column = 0; column < z; column++)
                    {
                        for (int row = 0; row < y; row += runs)
                        {
                            int rows = (int)Math.Min(runs, y - row);
                            for (int run = 0; run < rows; run++)
                            {
                                source.ReadAt(
                                    size * (first + (x * (row + run + (y * ((channel * z) + column))))),
                                    block.AsSpan(run * count * size, count * size));
                            }

                            Turn(
                                block.AsSpan(0, rows * count * size), size, count,
                                kept[(channelAt + (column * columnBytes) + (row * size))..], sliceBytes);
                        }
                    }

                    break;
            }
        }

        source.CheckEndOfValues();
    }

    /// <summary>
    /// Transposes a block. It holds runs along the first axis, with one value for each slice. The values are collected slice by slice.
    /// </summary>
    private static void Turn(ReadOnlySpan<byte> block, int size, int slices, Span<byte> target, int sliceBytes)
    {
        switch (size)
        {
            case 1: Turn(block, slices, target, sliceBytes); break;
            case 2: Turn(
                MemoryMarshal.Cast<byte, ushort>(block), slices, MemoryMarshal.Cast<byte, ushort>(target), sliceBytes / size); break;
            case 4: Turn(MemoryMarshal.Cast<byte, uint>(block), slices, MemoryMarshal.Cast<byte, uint>(target), sliceBytes / size); break;
            case 8: Turn(MemoryMarshal.Cast<byte, ulong>(block), slices, MemoryMarshal.Cast<byte, ulong>(target), sliceBytes / size); break;
        }
    }

    private static void Turn<T>(ReadOnlySpan<T> block, int slices, Span<T> target, int sliceValues)
        where T : unmanaged
    {
        int rows = block.Length / slices;
        for (int slice = 0; slice < slices; slice++)
        {
            Span<T> stretch = target.Slice(slice * sliceValues, rows);
            int source = slice;
            foreach (ref T value in stretch)
            {
                value = block[source];
                source += slices;
            }
        }
    }
}
