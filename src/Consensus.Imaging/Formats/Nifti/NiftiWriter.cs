using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>Writes single-file NIfTI images, little-endian. The name decides whether the file is plain or gzip.</summary>
internal static class NiftiWriter
{
    /// <summary>
    /// Writes channels × rows × columns values in the file's order: the row index changes fastest, then the column, then the channel.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The name does not end in .nii or .nii.gz, or the number of values does not match the layout.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, NiftiLayout layout, ReadOnlyMemory<float> pixels)
    {
        if (layout.Shape.Aggregate(1L, (product, length) => product * length) != pixels.Length)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"Shape {string.Join('×', layout.Shape)} does not hold {pixels.Length} values."), nameof(pixels));
        }

        Write(path, new NiftiContent(layout, [pixels]));
    }

    /// <summary>Writes a file in pieces of whole planes that come one after another.</summary>
    /// <exception cref="ArgumentException">The name does not end in .nii or .nii.gz.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, NiftiContent content)
    {
        bool gzip = path.EndsWith(".nii.gz", StringComparison.OrdinalIgnoreCase);
        if (!gzip && !path.EndsWith(".nii", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"Cannot write '{path}': the name of a NIfTI file must end in .nii or .nii.gz.", nameof(path));
        }

        AtomicFile.Write(path, stream => Write(stream, content, gzip));
    }

    /// <summary>The same to a stream, which stays open.</summary>
    public static void Write(Stream stream, NiftiContent content, bool compress)
    {
        if (compress)
        {
            using var compressed = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true);
            WriteContent(compressed, content);
        }
        else
        {
            WriteContent(stream, content);
        }
    }

    private static void WriteContent(Stream stream, NiftiContent content)
    {
        NiftiLayout layout = content.Layout;
        stream.Write(layout.Version == 1 ? Header1(layout) : Header2(layout));
        foreach (ReadOnlyMemory<float> piece in content.Planes)
        {
            WriteValues(stream, layout, piece.Span);
        }
    }

    private static void WriteValues(Stream stream, NiftiLayout layout, ReadOnlySpan<float> pixels)
    {
        switch (layout.Type)
        {
            case NiftiDataType.UInt8: WriteValues<byte>(stream, layout, pixels); break;
            case NiftiDataType.Int8: WriteValues<sbyte>(stream, layout, pixels); break;
            case NiftiDataType.UInt16: WriteValues<ushort>(stream, layout, pixels); break;
            case NiftiDataType.Int16: WriteValues<short>(stream, layout, pixels); break;
            case NiftiDataType.UInt32: WriteValues<uint>(stream, layout, pixels); break;
            case NiftiDataType.Int32: WriteValues<int>(stream, layout, pixels); break;
            case NiftiDataType.UInt64: WriteValues<ulong>(stream, layout, pixels); break;
            case NiftiDataType.Int64: WriteValues<long>(stream, layout, pixels); break;
            case NiftiDataType.Float32: WriteValues<float>(stream, layout, pixels); break;
            case NiftiDataType.Float64: WriteValues<double>(stream, layout, pixels); break;
        }
    }

    private static void WriteValues<T>(Stream stream, NiftiLayout layout, ReadOnlySpan<float> pixels)
        where T : unmanaged, INumberBase<T>
    {
        int rows = (int)layout.Shape[0];
        int columns = (int)layout.Shape[1];
        int size = layout.Type.Size();
        int perBlock = Math.Clamp(NiftiValues.BlockBytes / size / rows, 1, columns);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(perBlock * rows * size);
        try
        {
            for (int plane = 0; plane < pixels.Length; plane += rows * columns)
            {
                for (int first = 0; first < columns; first += perBlock)
                {
                    int count = Math.Min(perBlock, columns - first);
                    Span<byte> bytes = buffer.AsSpan(0, count * rows * size);
                    Span<T> values = MemoryMarshal.Cast<byte, T>(bytes);
                    for (int column = 0; column < count; column++)
                    {
                        int source = plane + first + column;
                        foreach (ref T value in values.Slice(column * rows, rows))
                        {
                            value = T.CreateSaturating(pixels[source]);
                            source += columns;
                        }
                    }

                    NiftiValues.ToNativeOrder(bytes, size, bigEndian: false);
                    stream.Write(bytes);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Header1(NiftiLayout layout)
    {
        var bytes = new byte[NiftiConstants.SingleOffset1];
        Span<byte> header = bytes;
        BinaryPrimitives.WriteInt32LittleEndian(header, NiftiConstants.Size1);
        header[38] = (byte)'r';
        header[39] = layout.Orientation.DimensionInfo;
        BinaryPrimitives.WriteInt16LittleEndian(header[40..], (short)layout.Shape.Length);
        for (int axis = 0; axis < 7; axis++)
        {
            BinaryPrimitives.WriteInt16LittleEndian(header[(42 + (2 * axis))..], checked((short)layout.Dimension(axis)));
        }

        BinaryPrimitives.WriteInt16LittleEndian(header[70..], (short)layout.Type);
        BinaryPrimitives.WriteInt16LittleEndian(header[72..], (short)(8 * layout.Type.Size()));
        WriteSingles(header[76..], layout.Orientation.PixelDimensions);
        WriteSingles(header[108..], [NiftiConstants.SingleOffset1, 1, 0]);
        header[123] = (byte)layout.Orientation.Units;
        BinaryPrimitives.WriteInt16LittleEndian(header[252..], (short)layout.Orientation.QformCode);
        BinaryPrimitives.WriteInt16LittleEndian(header[254..], (short)layout.Orientation.SformCode);
        WriteSingles(header[256..], layout.Orientation.Quaternion);
        WriteSingles(header[268..], layout.Orientation.Offset);
        WriteSingles(header[280..], layout.Orientation.Sform);
        "n+1\0"u8.CopyTo(header[344..]);
        return bytes;
    }

    private static byte[] Header2(NiftiLayout layout)
    {
        var bytes = new byte[NiftiConstants.SingleOffset2];
        Span<byte> header = bytes;
        BinaryPrimitives.WriteInt32LittleEndian(header, NiftiConstants.Size2);
        "n+2\0\r\n\u001a\n"u8.CopyTo(header[4..]);
        BinaryPrimitives.WriteInt16LittleEndian(header[12..], (short)layout.Type);
        BinaryPrimitives.WriteInt16LittleEndian(header[14..], (short)(8 * layout.Type.Size()));
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], layout.Shape.Length);
        for (int axis = 0; axis < 7; axis++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(header[(24 + (8 * axis))..], layout.Dimension(axis));
        }

        WriteDoubles(header[104..], layout.Orientation.PixelDimensions);
        BinaryPrimitives.WriteInt64LittleEndian(header[168..], NiftiConstants.SingleOffset2);
        WriteDoubles(header[176..], [1, 0]);
        BinaryPrimitives.WriteInt32LittleEndian(header[344..], layout.Orientation.QformCode);
        BinaryPrimitives.WriteInt32LittleEndian(header[348..], layout.Orientation.SformCode);
        WriteDoubles(header[352..], layout.Orientation.Quaternion);
        WriteDoubles(header[376..], layout.Orientation.Offset);
        WriteDoubles(header[400..], layout.Orientation.Sform);
        BinaryPrimitives.WriteInt32LittleEndian(header[500..], layout.Orientation.Units);
        header[524] = layout.Orientation.DimensionInfo;
        return bytes;
    }

    private static void WriteSingles(Span<byte> target, ReadOnlySpan<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(target[(4 * i)..], (float)values[i]);
        }
    }

    private static void WriteDoubles(Span<byte> target, ReadOnlySpan<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(target[(8 * i)..], values[i]);
        }
    }
}
