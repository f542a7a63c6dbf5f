using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>
/// Converts stored bytes to numbers. Each value type has its own loop, which is chosen once per block and not once per pixel.
/// </summary>
internal static class NiftiValues
{
    /// <summary>Bytes of a block that fits into a processor's cache while its rows and columns are exchanged.</summary>
    public const int BlockBytes = 1 << 17;

    /// <summary>Reverses the bytes of each value in place if the file has another byte order than the machine.</summary>
    public static void ToNativeOrder(Span<byte> block, int size, bool bigEndian)
    {
        if (bigEndian != BitConverter.IsLittleEndian)
        {
            return;
        }

        switch (size)
        {
            case 2:
                Span<ushort> shorts = MemoryMarshal.Cast<byte, ushort>(block);
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 4:
                Span<uint> integers = MemoryMarshal.Cast<byte, uint>(block);
                BinaryPrimitives.ReverseEndianness(integers, integers);
                break;
            case 8:
                Span<ulong> longs = MemoryMarshal.Cast<byte, ulong>(block);
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
        }
    }

    /// <summary>
    /// Copies a stored plane into a row-major plane. The stored plane is in column order and already in the machine's byte order.
    /// </summary>
    public static void PlacePlane(ReadOnlySpan<byte> stored, NiftiHeader header, int height, int width, Span<float> plane)
    {
        int columnBytes = height * header.BytesPerValue;
        int columnsPerBlock = Math.Clamp(BlockBytes / columnBytes, 1, width);
        for (int column = 0; column < width; column += columnsPerBlock)
        {
            int columns = Math.Min(columnsPerBlock, width - column);
            Place(stored.Slice(column * columnBytes, columns * columnBytes), header, new Window(0, height, column, columns, width), plane);
        }
    }

    /// <summary>Copies a stored block of whole or partial columns into a row-major plane.</summary>
    public static void Place(ReadOnlySpan<byte> block, NiftiHeader header, in Window window, Span<float> plane)
    {
        switch (header.TypeCode)
        {
            case NiftiDataType.UInt8: Place<byte>(block, header, window, plane); break;
            case NiftiDataType.Int8: Place<sbyte>(block, header, window, plane); break;
            case NiftiDataType.UInt16: Place<ushort>(block, header, window, plane); break;
            case NiftiDataType.Int16: Place<short>(block, header, window, plane); break;
            case NiftiDataType.UInt32: Place<uint>(block, header, window, plane); break;
            case NiftiDataType.Int32: Place<int>(block, header, window, plane); break;
            case NiftiDataType.UInt64: Place<ulong>(block, header, window, plane); break;
            case NiftiDataType.Int64: Place<long>(block, header, window, plane); break;
            case NiftiDataType.Float32: Place<float>(block, header, window, plane); break;
            case NiftiDataType.Float64: Place<double>(block, header, window, plane); break;
        }
    }

    /// <summary>Adds a block of stored values to running statistics.</summary>
    public static void Summarize(ReadOnlySpan<byte> block, NiftiHeader header, ref Summary summary)
    {
        switch (header.TypeCode)
        {
            case NiftiDataType.UInt8: Summarize<byte>(block, header, ref summary); break;
            case NiftiDataType.Int8: Summarize<sbyte>(block, header, ref summary); break;
            case NiftiDataType.UInt16: Summarize<ushort>(block, header, ref summary); break;
            case NiftiDataType.Int16: Summarize<short>(block, header, ref summary); break;
            case NiftiDataType.UInt32: Summarize<uint>(block, header, ref summary); break;
            case NiftiDataType.Int32: Summarize<int>(block, header, ref summary); break;
            case NiftiDataType.UInt64: Summarize<ulong>(block, header, ref summary); break;
            case NiftiDataType.Int64: Summarize<long>(block, header, ref summary); break;
            case NiftiDataType.Float32: Summarize<float>(block, header, ref summary); break;
            case NiftiDataType.Float64: Summarize<double>(block, header, ref summary); break;
        }
    }

    private static void Place<T>(ReadOnlySpan<byte> block, NiftiHeader header, in Window window, Span<float> plane)
        where T : unmanaged, INumberBase<T>
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(block);
        bool scaled = header.IsScaled;
        double slope = header.Slope, intercept = header.Intercept;
        int rows = window.Rows, columns = window.Columns;
        for (int row = 0; row < rows; row++)
        {
            Span<float> target = plane.Slice(((window.FirstRow + row) * window.Width) + window.FirstColumn, columns);
            int source = row;
            if (scaled)
            {
                for (int column = 0; column < target.Length; column++, source += rows)
                {
                    target[column] = (float)((double.CreateTruncating(values[source]) * slope) + intercept);
                }
            }
            else
            {
                for (int column = 0; column < target.Length; column++, source += rows)
                {
                    target[column] = float.CreateTruncating(values[source]);
                }
            }
        }
    }

    private static void Summarize<T>(ReadOnlySpan<byte> block, NiftiHeader header, ref Summary summary)
        where T : unmanaged, INumberBase<T>
    {
        double slope = header.Slope, intercept = header.Intercept;
        double minimum = summary.Minimum, maximum = summary.Maximum, sum = 0;
        long finite = 0;
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(block);
        foreach (T stored in values)
        {
            double value = (double.CreateTruncating(stored) * slope) + intercept;
            if (double.IsFinite(value))
            {
                minimum = value < minimum ? value : minimum;
                maximum = value > maximum ? value : maximum;
                sum += value;
                finite++;
            }
        }

        // Sums of blocks are added to a running total, so that rounding does not grow with the size of the volume.
        summary = new Summary(minimum, maximum, summary.Sum + sum, summary.Count + values.Length, summary.Finite + finite);
    }

    /// <summary>The part of a plane that a block covers. Blocks are stored column by column: the row index changes fastest.</summary>
    public readonly record struct Window(int FirstRow, int Rows, int FirstColumn, int Columns, int Width);

    /// <summary>Statistics so far.</summary>
    public readonly record struct Summary(double Minimum, double Maximum, double Sum, long Count, long Finite);
}
