using System.Buffers.Binary;
using System.IO.Compression;

namespace Consensus.ML.Tests.Shared;

/// <summary>
/// Builds NIfTI files field by field as nifti1.h and nifti2.h define them. It does not use the library's writer on purpose.
/// </summary>
internal sealed class NiftiBytes
{
    public int Version { get; init; } = 1;

    public bool BigEndian { get; init; }

    public long[] Dimensions { get; init; } = [2, 3];

    public long? DimensionCount { get; init; }

    public short Type { get; init; } = 2;

    public double[] PixelDimensions { get; init; } = [1, 1, 1, 1, 1, 1, 1, 1];

    public double Slope { get; init; }

    public double Intercept { get; init; }

    public double? Offset { get; init; }

    public int Qform { get; init; }

    public int Sform { get; init; }

    public double[] Quaternion { get; init; } = [0, 0, 0, 0, 0, 0];

    public double[] Rows { get; init; } = new double[12];

    /// <summary>The unit byte. The default is millimetres and seconds.</summary>
    public int Units { get; init; } = 10;

    public string Magic { get; init; } = "n+1";

    public byte[] Extension { get; init; } = [];

    public double[] Values { get; init; } = [1, 2, 3, 4, 5, 6];

    public byte[] Header()
    {
        var bytes = new byte[Version == 1 ? 352 : 544];
        long count = DimensionCount ?? Dimensions.Length;
        double offset = Offset ?? (Magic.Contains('+', StringComparison.Ordinal) ? bytes.Length + Extension.Length : 0);
        if (Version == 1)
        {
            Int32(bytes, 0, 348);
            Int16(bytes, 40, (short)count);
            for (int i = 0; i < 7; i++)
            {
                Int16(bytes, 42 + (2 * i), i < Dimensions.Length ? (short)Dimensions[i] : (short)1);
            }

            Int16(bytes, 70, Type);
            Singles(bytes, 76, PixelDimensions);
            Singles(bytes, 108, [offset, Slope, Intercept]);
            bytes[123] = (byte)Units;
            Int16(bytes, 252, (short)Qform);
            Int16(bytes, 254, (short)Sform);
            Singles(bytes, 256, Quaternion);
            Singles(bytes, 280, Rows);
            for (int i = 0; i < Magic.Length; i++)
            {
                bytes[344 + i] = (byte)Magic[i];
            }
        }
        else
        {
            Int32(bytes, 0, 540);
            for (int i = 0; i < Magic.Length; i++)
            {
                bytes[4 + i] = (byte)Magic[i];
            }

            new byte[] { 13, 10, 26, 10 }.CopyTo(bytes, 8);
            Int16(bytes, 12, Type);
            Int64(bytes, 16, count);
            for (int i = 0; i < 7; i++)
            {
                Int64(bytes, 24 + (8 * i), i < Dimensions.Length ? Dimensions[i] : 1);
            }

            Doubles(bytes, 104, PixelDimensions);
            Int64(bytes, 168, (long)offset);
            Doubles(bytes, 176, [Slope, Intercept]);
            Int32(bytes, 344, Qform);
            Int32(bytes, 348, Sform);
            Doubles(bytes, 352, Quaternion);
            Doubles(bytes, 400, Rows);
            Int32(bytes, 500, Units);
        }

        return bytes;
    }

    public byte[] Data()
    {
        int size = Type switch { 2 or 256 => 1, 4 or 512 => 2, 8 or 16 or 768 => 4, _ => 8 };
        var bytes = new byte[size * Values.Length];
        for (int i = 0; i < Values.Length; i++)
        {
            int at = i * size;
            switch (Type)
            {
                case 2: bytes[at] = (byte)Values[i]; break;
                case 256: bytes[at] = (byte)(sbyte)Values[i]; break;
                case 4: Int16(bytes, at, (short)Values[i]); break;
                case 512: Int16(bytes, at, (short)(ushort)Values[i]); break;
                case 8: Int32(bytes, at, (int)Values[i]); break;
                case 768: Int32(bytes, at, (int)(uint)Values[i]); break;
                case 16: Int32(bytes, at, BitConverter.SingleToInt32Bits((float)Values[i])); break;
                case 64: Int64(bytes, at, BitConverter.DoubleToInt64Bits(Values[i])); break;
                case 1024: Int64(bytes, at, (long)Values[i]); break;
                case 1280: Int64(bytes, at, (long)(ulong)Values[i]); break;
            }
        }

        return bytes;
    }

    public byte[] SingleFile() => [.. Header(), .. Extension, .. Data()];

    public string WriteTo(string path)
    {
        File.WriteAllBytes(path, path.EndsWith(".gz", StringComparison.Ordinal) ? Gzip(SingleFile()) : SingleFile());
        return path;
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return stream.ToArray();
    }

    private void Int16(byte[] bytes, int at, short value)
    {
        if (BigEndian)
        {
            BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(at), value);
        }
        else
        {
            BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(at), value);
        }
    }

    private void Int32(byte[] bytes, int at, int value)
    {
        if (BigEndian)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), value);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
        }
    }

    private void Int64(byte[] bytes, int at, long value)
    {
        if (BigEndian)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at), value);
        }
        else
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), value);
        }
    }

    private void Singles(byte[] bytes, int at, double[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Int32(bytes, at + (4 * i), BitConverter.SingleToInt32Bits((float)values[i]));
        }
    }

    private void Doubles(byte[] bytes, int at, double[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Int64(bytes, at + (8 * i), BitConverter.DoubleToInt64Bits(values[i]));
        }
    }
}
