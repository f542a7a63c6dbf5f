using System.Buffers.Binary;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>The fields of a header of either version, by name. The offsets come from nifti1.h and nifti2.h.</summary>
internal readonly ref struct NiftiFields(ReadOnlySpan<byte> bytes, int version, bool bigEndian)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Version { get; } = version;

    public bool BigEndian { get; } = bigEndian;

    /// <summary>Whether the magic is n+1 or n+2: the header and the values are in one file.</summary>
    public bool IsSingle => _bytes[Version == 1 ? 345 : 5] == (byte)'+';

    public int Intent => Version == 1 ? Int16(68) : Int32(504);

    public int Type => Int16(Version == 1 ? 70 : 12);

    public double Slope => Version == 1 ? Single(112) : Double(176);

    public double Intercept => Version == 1 ? Single(116) : Double(184);

    public double DataOffset => Version == 1 ? Single(108) : Int64(168);

    public int QformCode => Version == 1 ? Int16(252) : Int32(344);

    public int SformCode => Version == 1 ? Int16(254) : Int32(348);

    public int Units => Version == 1 ? _bytes[123] : Int32(500);

    public byte DimensionInfo => _bytes[Version == 1 ? 39 : 524];

    public int SmallestGrey => Int32(144);

    public long Dimension(int index) => Version == 1 ? Int16(40 + (2 * index)) : Int64(16 + (8 * index));

    public long[] Dimensions()
    {
        var dimensions = new long[7];
        for (int i = 0; i < dimensions.Length; i++)
        {
            dimensions[i] = Dimension(i + 1);
        }

        return dimensions;
    }

    public double[] PixelDimensions() => Numbers(76, 104, 8);

    public double[] Quaternion() => Numbers(256, 352, 3);

    public double[] QuaternionOffset() => Numbers(268, 376, 3);

    public double[] Sform() => Numbers(280, 400, 12);

    private double[] Numbers(int offset1, int offset2, int count)
    {
        var numbers = new double[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = Version == 1 ? Single(offset1 + (4 * i)) : Double(offset2 + (8 * i));
        }

        return numbers;
    }

    private short Int16(int offset) =>
        BigEndian ? BinaryPrimitives.ReadInt16BigEndian(_bytes[offset..]) : BinaryPrimitives.ReadInt16LittleEndian(_bytes[offset..]);

    private int Int32(int offset) =>
        BigEndian ? BinaryPrimitives.ReadInt32BigEndian(_bytes[offset..]) : BinaryPrimitives.ReadInt32LittleEndian(_bytes[offset..]);

    private long Int64(int offset) =>
        BigEndian ? BinaryPrimitives.ReadInt64BigEndian(_bytes[offset..]) : BinaryPrimitives.ReadInt64LittleEndian(_bytes[offset..]);

    private float Single(int offset) => BitConverter.Int32BitsToSingle(Int32(offset));

    private double Double(int offset) => BitConverter.Int64BitsToDouble(Int64(offset));
}
