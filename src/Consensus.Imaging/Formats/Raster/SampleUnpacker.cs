using System.Runtime.InteropServices;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>Unpacks the unsigned integers of picture files. Each has 1 to 16 bits, and the first value is in the highest bits.</summary>
internal static class SampleUnpacker
{
    /// <param name="row">The bytes of one row; 16-bit values are big-endian.</param>
    /// <param name="bits">Number of bits per value, 1 to 16.</param>
    /// <param name="values">Receives the values.</param>
    public static void Unpack(ReadOnlySpan<byte> row, int bits, Span<float> values)
    {
        if (bits == 8)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = row[i];
            }

            return;
        }

        uint mask = (1u << bits) - 1, window = 0;
        int held = 0, at = 0;
        foreach (ref float value in values)
        {
            while (held < bits)
            {
                window = (window << 8) | row[at++];
                held += 8;
            }

            held -= bits;
            value = (window >> held) & mask;
        }
    }

    /// <summary>Converts numbers in the byte order of the machine.</summary>
    public static void Convert<T>(ReadOnlySpan<byte> row, Span<float> values)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        ReadOnlySpan<T> numbers = MemoryMarshal.Cast<byte, T>(row);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = float.CreateTruncating(numbers[i]);
        }
    }
}
