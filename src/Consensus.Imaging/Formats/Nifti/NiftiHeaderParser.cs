using System.Globalization;
using System.Buffers.Binary;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>Bytes of a header to <see cref="NiftiHeader"/>; what is repaired and what is refused follows nibabel.</summary>
internal static class NiftiHeaderParser
{
    /// <summary>Bytes of a NIfTI-1 header.</summary>
    public const int Size1 = 348;

    /// <summary>Bytes of a NIfTI-2 header.</summary>
    public const int Size2 = 540;

    /// <summary>First place where a NIfTI-1 single file may hold values: header and four bytes that announce extensions.</summary>
    public const int SingleOffset1 = 352;

    /// <summary>First place where a NIfTI-2 single file may hold values.</summary>
    public const int SingleOffset2 = 544;

    private const int LargestKnownTransform = 5;
    private const int FirstCiftiIntent = 3000;
    private const int LastCiftiIntent = 3099;

    // Far beyond any file, and far enough from the largest number that places behind it can be reckoned with.
    private const long LargestOffset = long.MaxValue / 4;

    /// <summary>Whether the first bytes announce the longer NIfTI-2 header.</summary>
    public static bool NeedsMore(ReadOnlySpan<byte> bytes)
        => bytes.Length >= Size1 && !IsMagic1(bytes) && IsSize2(bytes, out _);

    /// <summary>Reads the header at the start of <paramref name="bytes"/>.</summary>
    /// <param name="path">The path the user gave, for the header and for messages.</param>
    /// <param name="imagePath">The file that holds the values.</param>
    /// <param name="bytes">The file's first bytes, at least 348 or 540 of them where it has so many.</param>
    /// <param name="single">Whether header and values share a file.</param>
    /// <exception cref="InvalidDataException">These are not a NIfTI header, or one of something this library does not read.</exception>
    public static NiftiHeader Parse(string path, string imagePath, ReadOnlySpan<byte> bytes, bool single)
    {
        if (bytes.Length == 0)
        {
            throw new InvalidDataException($"'{path}' is empty: a NIfTI file has at least {Size1} bytes.");
        }

        if (bytes.Length < Size1)
        {
            throw new InvalidDataException(
                $"'{path}' is not a NIfTI file: it has {bytes.Length} bytes, and the header alone takes {Size1}.");
        }

        if (IsMagic1(bytes))
        {
            // As nibabel does: the number of axes, 1 to 7, shows the byte order; sizeof_hdr is often wrong.
            short axes = BinaryPrimitives.ReadInt16LittleEndian(bytes[40..]);
            return ParseFields(path, imagePath, new Fields(bytes, 1, axes is < 0 or > 7), single);
        }

        if (IsSize2(bytes, out bool bigEndian))
        {
            if (bytes.Length < Size2)
            {
                throw new InvalidDataException(
                    $"'{path}' is truncated: a NIfTI-2 header takes {Size2} bytes, and the file has {bytes.Length}.");
            }

            ReadOnlySpan<byte> magic2 = bytes.Slice(4, 4);
            ReadOnlySpan<byte> lineEnds = bytes.Slice(8, 4);
            if (!magic2.SequenceEqual("n+2\0"u8) && !magic2.SequenceEqual("ni2\0"u8))
            {
                throw new InvalidDataException(
                    $"'{path}' is not a NIfTI file: its magic is {Printable(magic2)}, where NIfTI-2 has 'n+2' or 'ni2'.");
            }

            if (!lineEnds.SequenceEqual("\r\n\u001a\n"u8) && lineEnds.ContainsAnyExcept((byte)0))
            {
                throw new InvalidDataException(
                    $"'{path}' is damaged: bytes 8 to 11 are {Convert.ToHexString(lineEnds)}, where NIfTI-2 has 0D0A1A0A, "
                    + "as if it had been transferred as text.");
            }

            return ParseFields(path, imagePath, new Fields(bytes, 2, bigEndian), single);
        }

        int size = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        string hint = size == Size1 || BinaryPrimitives.ReverseEndianness(size) == Size1
            ? " (an ANALYZE 7.5 file? convert it to NIfTI)"
            : "";
        throw new InvalidDataException(
            $"'{path}' is not a NIfTI file: its magic is {Printable(bytes.Slice(344, 4))}, where NIfTI-1 has 'n+1' or 'ni1'{hint}.");
    }

    private static bool IsMagic1(ReadOnlySpan<byte> bytes)
        => bytes.Slice(344, 4).SequenceEqual("n+1\0"u8) || bytes.Slice(344, 4).SequenceEqual("ni1\0"u8);

    private static bool IsSize2(ReadOnlySpan<byte> bytes, out bool bigEndian)
    {
        int size = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        bigEndian = BinaryPrimitives.ReverseEndianness(size) == Size2;
        return bigEndian || size == Size2;
    }

    private static NiftiHeader ParseFields(string path, string imagePath, Fields fields, bool single)
    {
        long axes = fields.Dimension(0);
        if (axes is < 1 or > 7)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{path}' has {axes} axes (dim[0]), but a NIfTI image has 1 to 7."));
        }

        var shape = new long[axes];
        for (int axis = 0; axis < axes; axis++)
        {
            shape[axis] = fields.Dimension(axis + 1);
        }

        if (fields.Version == 1)
        {
            RestoreSurfaceShape(shape, fields);
        }

        for (int axis = 0; axis < axes; axis++)
        {
            if (shape[axis] < 1)
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{path}' has length {shape[axis]} along axis {axis + 1} (dim[{axis + 1}]), but at least 1 is allowed."));
            }
        }

        if (fields is { Version: 2, Intent: >= FirstCiftiIntent and <= LastCiftiIntent })
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{path}' holds CIFTI-2 data of surfaces and regions (intent code {fields.Intent}), not an image: its axes are not "
                + $"those of space."));
        }

        int code = fields.Type;
        if (!Enum.IsDefined((NiftiDataType)code))
        {
            throw new InvalidDataException(
                $"'{path}' holds values of type {NiftiDataTypes.DescribeRefused(code)}, but only {NiftiDataTypes.Allowed} are read.");
        }

        var type = (NiftiDataType)code;
        double slope = fields.Slope;
        double intercept = fields.Intercept;
        if (slope == 0 || !double.IsFinite(slope))
        {
            (slope, intercept) = (1, 0);
        }
        else if (!double.IsFinite(intercept))
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{path}' has slope {slope} but intercept {intercept}: with a slope, the intercept must be a finite number."));
        }

        var orientation = new NiftiOrientation
        {
            DimensionInfo = fields.DimensionInfo,
            PixelDimensions = fields.PixelDimensions(),
            Dimensions = fields.Dimensions(),
            QformCode = fields.QformCode,
            SformCode = fields.SformCode,
            Quaternion = fields.Quaternion(),
            Offset = fields.QuaternionOffset(),
            Sform = fields.Sform(),
            Units = fields.Units,
        };
        double[] pixdim = UsablePixelDimensions(orientation);
        int qformCode = fields.QformCode is >= 0 and <= LargestKnownTransform ? fields.QformCode : 0;
        int sformCode = fields.SformCode is >= 0 and <= LargestKnownTransform ? fields.SformCode : 0;
        double[] affine = sformCode > 0 ? [.. orientation.Sform, 0, 0, 0, 1]
            : qformCode > 0 ? AffineOfQform(path, fields.Version, orientation)
            : AffineOfSpacing(shape, pixdim);

        return new NiftiHeader
        {
            Path = path,
            ImagePath = imagePath,
            Version = fields.Version,
            Shape = shape,
            DataType = type.Name(),
            BytesPerValue = type.Size(),
            BigEndian = fields.BigEndian,
            Spacing = pixdim[1..(int)(axes + 1)],
            Affine = affine,
            Slope = slope,
            Intercept = intercept,
            DataOffset = DataOffset(path, fields, single),
            QformCode = qformCode,
            SformCode = sformCode,
            Units = fields.Units & 0xFF,
            Orientation = orientation,
            TypeCode = type,
        };
    }

    /// <summary>pixdim, where of the first three a stored 0 counts as 1 and a negative one as positive.</summary>
    private static double[] UsablePixelDimensions(NiftiOrientation orientation)
    {
        double[] pixdim = [.. orientation.PixelDimensions];
        for (int axis = 1; axis <= 3; axis++)
        {
            pixdim[axis] = pixdim[axis] == 0 ? 1 : Math.Abs(pixdim[axis]);
        }

        return pixdim;
    }

    /// <summary>FreeSurfer stores surfaces longer than 32767 by two tricks; both are undone as nibabel does.</summary>
    private static void RestoreSurfaceShape(long[] shape, Fields fields)
    {
        if (shape.Length < 3 || shape[1] != 1)
        {
            return;
        }

        if (shape[0] == -1 && shape[2] == 1)
        {
            shape[0] = fields.SmallestGrey;
        }
        else if (shape[0] == 27307 && shape[2] == 6)
        {
            (shape[0], shape[2]) = (163842, 1);
        }
    }

    private static long DataOffset(string path, Fields fields, bool single)
    {
        double offset = fields.DataOffset;
        int least = fields.Version == 1 ? SingleOffset1 : SingleOffset2;
        if (single && offset == 0)
        {
            return least;
        }

        // It is the magic, not the file's name, that tells whether the header comes first.
        bool behindHeader = fields.IsSingle && offset != 0;
        if (!(offset >= 0 && offset <= LargestOffset) || (behindHeader && offset < least))
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{path}' puts its values at byte {offset} (vox_offset), but "
                + $"{(behindHeader ? $"in a single file they begin at {least} or later" : "only 0 or more is allowed")}."));
        }

        return (long)offset;
    }

    /// <summary>nifti1.h, "METHOD 2": a unit quaternion turns, the spacing scales, qfac flips the third axis.</summary>
    /// <exception cref="InvalidDataException">The quaternion is none.</exception>
    internal static double[] AffineOfQform(string path, int version, NiftiOrientation orientation)
    {
        double[] pixdim = UsablePixelDimensions(orientation);
        double b = orientation.Quaternion[0], c = orientation.Quaternion[1], d = orientation.Quaternion[2];
        double aSquared = 1 - ((b * b) + (c * c) + (d * d));

        // Within three roundings of the stored precision, a is taken to be 0, as in nibabel.
        double tolerance = 3 * (version == 1 ? 1.1920929e-7 : double.BitIncrement(1) - 1);
        // What is not a number is not greater either: like a matrix of no numbers in the sform, it is passed on.
        if (aSquared <= -tolerance)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{path}' has the quaternion ({b}, {c}, {d}) in its qform, but the sum of squares may be 1 at most."));
        }

        double a = Math.Abs(aSquared) < tolerance ? 0 : Math.Sqrt(aSquared);
        double s = 2 / ((a * a) + (b * b) + (c * c) + (d * d));
        double x = pixdim[1], y = pixdim[2], z = pixdim[3] * orientation.Qfac;
        return
        [
            (1 - (s * ((c * c) + (d * d)))) * x, s * ((b * c) - (a * d)) * y, s * ((b * d) + (a * c)) * z, orientation.Offset[0],
            s * ((b * c) + (a * d)) * x, (1 - (s * ((b * b) + (d * d)))) * y, s * ((c * d) - (a * b)) * z, orientation.Offset[1],
            s * ((b * d) - (a * c)) * x, s * ((c * d) + (a * b)) * y, (1 - (s * ((b * b) + (c * c)))) * z, orientation.Offset[2],
            0, 0, 0, 1,
        ];
    }

    /// <summary>
    /// Neither sform nor qform: spacing on the diagonal, first axis flipped, origin in the centre (nibabel's base affine).
    /// </summary>
    private static double[] AffineOfSpacing(long[] shape, double[] pixdim)
    {
        var affine = new double[16];
        affine[15] = 1;
        for (int axis = 0; axis < 3; axis++)
        {
            double zoom = axis < shape.Length ? pixdim[axis + 1] : 1;
            zoom = axis == 0 ? -zoom : zoom;
            double centre = axis < shape.Length ? (shape[axis] - 1) / 2.0 : 0;
            affine[(axis * 4) + axis] = zoom;
            affine[(axis * 4) + 3] = -centre * zoom;
        }

        return affine;
    }

    private static string Printable(ReadOnlySpan<byte> magic)
    {
        Span<char> text = stackalloc char[magic.Length];
        for (int i = 0; i < magic.Length; i++)
        {
            text[i] = magic[i] is >= 0x20 and < 0x7F ? (char)magic[i] : '.';
        }

        return $"'{text}'";
    }

    /// <summary>Both versions' fields by name. Offsets are those of nifti1.h and nifti2.h.</summary>
    private readonly ref struct Fields(ReadOnlySpan<byte> bytes, int version, bool bigEndian)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;

        public int Version { get; } = version;

        public bool BigEndian { get; } = bigEndian;

        /// <summary>Whether the magic is that of a file with header and values, n+1 or n+2.</summary>
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
}
