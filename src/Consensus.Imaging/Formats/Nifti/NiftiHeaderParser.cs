using System.Globalization;
using System.Buffers.Binary;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>Parses the bytes of a header into a <see cref="NiftiHeader"/>. It repairs and refuses the same headers as nibabel.</summary>
internal static class NiftiHeaderParser
{
    private const int LargestKnownTransform = 5;
    private const int FirstCiftiIntent = 3000;
    private const int LastCiftiIntent = 3099;

    // Larger than any file, and small enough that sums with it do not overflow.
    private const long LargestOffset = long.MaxValue / 4;

    /// <summary>Whether the first bytes announce the longer NIfTI-2 header.</summary>
    public static bool NeedsMore(ReadOnlySpan<byte> bytes)
        => bytes.Length >= NiftiConstants.Size1 && !IsMagic1(bytes) && IsSize2(bytes, out _);

    /// <summary>Reads the header at the start of <paramref name="bytes"/>.</summary>
    /// <param name="path">The path the user gave, for the header and for messages.</param>
    /// <param name="imagePath">The file that holds the values.</param>
    /// <param name="bytes">The first 348 or 540 bytes of the file, or more; fewer if the file is shorter.</param>
    /// <param name="single">Whether the header and the values are in one file.</param>
    /// <exception cref="InvalidDataException">The bytes are not a NIfTI header, or this library does not support such images.</exception>
    public static NiftiHeader Parse(string path, string imagePath, ReadOnlySpan<byte> bytes, bool single)
    {
        if (bytes.Length == 0)
        {
            throw new InvalidDataException($"'{path}' is empty: a NIfTI file has at least {NiftiConstants.Size1} bytes.");
        }

        if (bytes.Length < NiftiConstants.Size1)
        {
            throw new InvalidDataException(
                $"'{path}' is not a NIfTI file: it has {bytes.Length} bytes, and the header alone takes {NiftiConstants.Size1}.");
        }

        if (IsMagic1(bytes))
        {
            // The number of axes, 1 to 7, shows the byte order, as in nibabel. The field sizeof_hdr is often wrong.
            short axes = BinaryPrimitives.ReadInt16LittleEndian(bytes[40..]);
            return ParseFields(path, imagePath, new NiftiFields(bytes, 1, axes is < 0 or > 7), single);
        }

        if (IsSize2(bytes, out bool bigEndian))
        {
            if (bytes.Length < NiftiConstants.Size2)
            {
                throw new InvalidDataException(
                    $"'{path}' is truncated: a NIfTI-2 header takes {NiftiConstants.Size2} bytes, and the file has {bytes.Length}.");
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

            return ParseFields(path, imagePath, new NiftiFields(bytes, 2, bigEndian), single);
        }

        int size = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        string hint = size == NiftiConstants.Size1 || BinaryPrimitives.ReverseEndianness(size) == NiftiConstants.Size1
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
        bigEndian = BinaryPrimitives.ReverseEndianness(size) == NiftiConstants.Size2;
        return bigEndian || size == NiftiConstants.Size2;
    }

    private static NiftiHeader ParseFields(string path, string imagePath, NiftiFields fields, bool single)
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
        double[] pixdim = NiftiAffine.UsablePixelDimensions(orientation);
        int qformCode = fields.QformCode is >= 0 and <= LargestKnownTransform ? fields.QformCode : 0;
        int sformCode = fields.SformCode is >= 0 and <= LargestKnownTransform ? fields.SformCode : 0;
        double[] affine = sformCode > 0 ? [.. orientation.Sform, 0, 0, 0, 1]
            : qformCode > 0 ? NiftiAffine.FromQform(path, fields.Version, orientation)
            : NiftiAffine.FromSpacing(shape, pixdim);

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

    /// <summary>FreeSurfer uses two tricks to store surfaces longer than 32767 points. Both are undone here, as in nibabel.</summary>
    private static void RestoreSurfaceShape(long[] shape, NiftiFields fields)
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

    private static long DataOffset(string path, NiftiFields fields, bool single)
    {
        double offset = fields.DataOffset;
        int least = fields.Version == 1 ? NiftiConstants.SingleOffset1 : NiftiConstants.SingleOffset2;
        if (single && offset == 0)
        {
            return least;
        }

        // The magic, not the file's name, says whether the header and the values share a file.
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

    private static string Printable(ReadOnlySpan<byte> magic)
    {
        Span<char> text = stackalloc char[magic.Length];
        for (int i = 0; i < magic.Length; i++)
        {
            text[i] = magic[i] is >= 0x20 and < 0x7F ? (char)magic[i] : '.';
        }

        return $"'{text}'";
    }
}
