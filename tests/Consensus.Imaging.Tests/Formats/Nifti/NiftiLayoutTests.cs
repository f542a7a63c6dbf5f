using System.IO.Compression;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>A file that is written for an image repeats the image's geometry, byte by byte.</summary>
public sealed class NiftiLayoutTests : IDisposable
{
    private static readonly float[] _values = [0, 0.25f, 0.5f, 0.75f, 1, -3];

    // Offset and length of the fields dim_info, dim, pixdim, units, the codes, and one piece with quaternion, offset and rows.
    private static readonly (int At, int Length)[] _fields1 = [(39, 1), (40, 16), (76, 32), (123, 1), (252, 4), (256, 72)];
    private static readonly (int At, int Length)[] _fields2 = [(524, 1), (16, 64), (104, 64), (500, 4), (344, 8), (352, 144)];

    // No number here is exact in binary, and the spacings beyond the image's axes are not 1.
    private static readonly double[] _spacing = [-1, 0.7, 1.3, 2.2, 0.1, 3.3, 4.4, 5.5];
    private static readonly double[] _rotation = [0.1, -0.2, 0.3, -12.3, 45.6, -78.9];
    private static readonly double[] _rows = [0.1, 0.2, 0.3, 4.4, 0.5, 0.6, 0.7, 8.8, 0.9, 1.1, 1.2, 12.1];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<long[], int, int, int> Images => new()
    {
        // Shape, version, qform code, sform code.
        { [2, 3], 1, 1, 0 },
        { [2, 3], 1, 0, 0 },
        { [2, 3], 2, 3, 0 },
        { [2, 3, 1], 1, 2, 4 },
        { [2, 3, 1, 1, 1], 2, 2, 4 },
        { [2, 3], 1, 7, -1 },
        { [2, 3, 4], 1, 1, 0 },
        { [2, 3, 1, 4], 2, 0, 1 },
    };

    public static TheoryData<long[], int> Volumes => new() { { [4, 5, 9], 1 }, { [4, 5, 9, 3], 1 }, { [4, 5, 9, 1, 2], 2 } };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void The_geometry_of_an_input_is_repeated_exactly(int version, bool bigEndian)
    {
        double[] rows = [0.1, 0.2, 0.3, 4, 0.5, 0.6, 0.7, 8, 0.9, 1, 1.1, 12];
        string input = new NiftiBytes
        {
            Version = version,
            Magic = version == 1 ? "n+1" : "n+2",
            BigEndian = bigEndian,
            Dimensions = [2, 3, 1, 1],
            PixelDimensions = [-1, 0.3, 0.4, 5, 2, 1, 1, 1],
            Qform = 1,
            Sform = 3,
            Quaternion = [0.1, 0.2, 0.3, -4, -5, -6],
            Rows = rows,
            Slope = 2,
            Intercept = 9,
        }.WriteTo(_folder["image.nii.gz"]);
        NiftiFile.WriteSlice(_folder["soft.nii.gz"], new Slice(1, 2, 3, _values), input);

        NiftiHeader expected = NiftiFile.ReadHeader(input), written = NiftiFile.ReadHeader(_folder["soft.nii.gz"]);
        Assert.Equal(expected.Version, written.Version);
        Assert.Equal(expected.Shape, written.Shape);
        Assert.Equal(expected.Spacing, written.Spacing);
        Assert.Equal(expected.Affine, written.Affine);
        Assert.Equal((expected.QformCode, expected.SformCode, expected.Units), (written.QformCode, written.SformCode, written.Units));
        Assert.Equal(expected.Orientation.Quaternion, written.Orientation.Quaternion);
        Assert.Equal(expected.Orientation.Offset, written.Orientation.Offset);
        Assert.Equal(expected.Orientation.Qfac, written.Orientation.Qfac);
        Assert.Equal(_values, NiftiFile.ReadSlice(_folder["soft.nii.gz"]).Pixels);
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 4 }, 1, new long[] { 2, 3, 1 })]
    [InlineData(new long[] { 2, 3, 4 }, 2, new long[] { 2, 3, 2 })]
    [InlineData(new long[] { 2, 3, 1, 4 }, 1, new long[] { 2, 3, 1, 1 })]
    [InlineData(new long[] { 2, 3 }, 2, new long[] { 2, 3, 1, 2 })]
    [InlineData(new long[] { 2, 3, 1 }, 1, new long[] { 2, 3, 1 })]
    public void Channels_go_where_the_input_has_them(long[] input, int channels, long[] expected)
    {
        string from = new NiftiBytes { Dimensions = input, Values = new double[input.Aggregate(1L, (product, length) => product * length)] }
            .WriteTo(_folder["image.nii"]);
        float[] values = [.. Enumerable.Range(0, channels * 6).Select(value => (float)value)];
        NiftiFile.WriteSlice(_folder["soft.nii"], new Slice(channels, 2, 3, values), from);
        Assert.Equal(expected, NiftiFile.ReadHeader(_folder["soft.nii"]).Shape);
        Assert.Equal(values, NiftiFile.ReadSlice(_folder["soft.nii"]).Pixels);
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void A_map_repeats_its_images_geometry_to_the_byte(long[] shape, int version, int qform, int sform)
    {
        byte[] expected = Header(shape, version, qform, sform);
        foreach (bool bigEndian in new[] { false, true })
        {
            string image = Image(shape, version, qform, sform, bigEndian);
            NiftiFile.WriteSlice(_folder["soft.nii.gz"], new Slice(1, 2, 3, new float[6]), image);
            Expect(Unchannelled(expected, shape, version), Read("soft.nii.gz"), version);
            Assert.Equal(NiftiFile.ReadHeader(image).Affine, NiftiFile.ReadHeader(_folder["soft.nii.gz"]).Affine);
        }
    }

    [Theory]
    [MemberData(nameof(Volumes))]
    public void A_volume_of_maps_repeats_its_volumes_geometry_to_the_byte(long[] shape, int version)
    {
        byte[] expected = Header(shape, version, 1, 0);
        foreach (bool bigEndian in new[] { false, true })
        {
            string image = Image(shape, version, 1, 0, bigEndian);
            for (int axis = 0; axis < 3; axis++)
            {
                IEnumerable<Slice> maps = NiftiFile.ReadSlices(image, axis)
                    .Select(slice => new Slice(1, slice.Height, slice.Width, new float[slice.Height * slice.Width]));
                NiftiFile.WriteVolume(_folder["soft.nii.gz"], maps, image, axis);
                Expect(Unchannelled(expected, shape, version), Read("soft.nii.gz"), version);
            }
        }
    }

    [Fact]
    public void The_slice_spacing_of_a_file_with_two_axes_is_kept()
    {
        // A spacing of 0.7 × 1.3 and slices 2 mm apart, rotated by a half turn about the third axis. The file has only a qform.
        string image = new NiftiBytes { PixelDimensions = [1, 0.7, 1.3, 2, 1, 1, 1, 1], Qform = 1, Quaternion = [0, 0, 1, 0, 0, 0] }
            .WriteTo(_folder["image.nii.gz"]);
        NiftiFile.WriteSlice(_folder["soft.nii.gz"], new Slice(1, 2, 3, new float[6]), image);
        byte[] written = Read("soft.nii.gz");
        Assert.Equal(2f, BitConverter.ToSingle(written, 76 + 12));
        Assert.Equal([-0.7f, -1.3f, 2f], new[] { 0, 5, 10 }.Select(at => (float)NiftiFile.ReadHeader(_folder["soft.nii.gz"]).Affine[at]));
    }

    [Fact]
    public void A_slice_along_the_third_axis_keeps_codes_and_rotation_and_moves()
    {
        string image = Image([4, 5, 9], 1, 3, 0, bigEndian: false);
        NiftiFile.WriteSlice(_folder["soft.nii"], new Slice(1, 4, 5, new float[20]), $"{image}#axis=2,slice=6");
        NiftiHeader volume = NiftiFile.ReadHeader(image), slice = NiftiFile.ReadHeader(_folder["soft.nii"]);
        Assert.Equal((3, 0, volume.Units), (slice.QformCode, slice.SformCode, slice.Units));
        Assert.Equal(volume.Orientation.Quaternion, slice.Orientation.Quaternion);
        Assert.Equal(volume.Orientation.PixelDimensions, slice.Orientation.PixelDimensions);
        Assert.Equal([4, 5], slice.Shape);
        ExpectAffine(NiftiFile.ReadSlice(image, 2, 6).Geometry.Affine, NiftiFile.ReadSlice(_folder["soft.nii"]).Geometry.Affine);

        // qfac is −1, so the slice moves by six slices of 2.2 mm against the third column of the rotation. R₃₃ = a² + d² − b² − c² with a²
        // = 0.86.
        Assert.Equal(-78.9 - (6 * 2.2 * (0.86 + 0.09 - 0.01 - 0.04)), slice.Affine[11], 1e-4);
    }

    [Theory]
    [InlineData(0, 1, 0, 1)]
    [InlineData(1, 3, 0, 3)]
    [InlineData(0, 1, 4, 4)]
    [InlineData(1, 0, 0, 2)]
    [InlineData(2, 0, 0, 2)]
    [InlineData(2, 1, 4, 4)]
    public void A_slice_along_any_axis_lies_where_the_volume_has_it(int axis, int qform, int sform, int code)
    {
        string image = Image([4, 5, 9], 1, qform, sform, bigEndian: false);
        Slice slice = NiftiFile.ReadSlice(image, axis, 3);
        NiftiFile.WriteSlice(
            _folder["soft.nii"],
            new Slice(2, slice.Height, slice.Width, new float[2 * slice.Pixels.Length]),
            $"{image}#axis={axis},slice=3");
        NiftiHeader written = NiftiFile.ReadHeader(_folder["soft.nii"]);
        ExpectAffine(slice.Geometry.Affine, NiftiFile.ReadSlice(_folder["soft.nii"]).Geometry.Affine);
        Assert.Equal((code, 0x13), (written.SformCode, written.Units));
        Assert.Equal([slice.Height, slice.Width, 1, 2], written.Shape);
        float[] spacing = [0.7f, 1.3f, 2.2f];
        int[] order = axis switch { 0 => [1, 2, 0], 1 => [0, 2, 1], _ => [0, 1, 2] };
        Assert.Equal(order.Select(place => spacing[place]), written.Spacing.Take(3).Select(value => (float)value));
    }

    [Fact]
    public void A_slice_from_memory_has_the_spacing_of_its_affine()
    {
        var geometry = new SliceGeometry(0.5, 0.75, [0, 0.75, 0, 7, 0.5, 0, 0, 8, 0, 0, -2.5, 9, 0, 0, 0, 1]);
        NiftiFile.WriteSlice(_folder["soft.nii"], new Slice(1, 2, 3, new float[6], geometry));
        Assert.Equal([1, 0.5, 0.75, 2.5, 1, 1, 1, 1], NiftiFile.ReadHeader(_folder["soft.nii"]).Orientation.PixelDimensions);
    }

    private static byte[] Header(long[] shape, int version, int qform, int sform, bool bigEndian = false)
    {
        byte[] header = new NiftiBytes
        {
            Version = version,
            Magic = version == 1 ? "n+1" : "n+2",
            BigEndian = bigEndian,
            Dimensions = shape,
            PixelDimensions = _spacing,
            Qform = qform,
            Sform = sform,
            Quaternion = _rotation,
            Rows = _rows,
        }.Header();

        // Sets dim_info, the units micrometre and millisecond, and no lengths beyond the image's axes.
        (int information, int units, int lengths, int size) = version == 1 ? (39, 123, 42, 2) : (524, bigEndian ? 503 : 500, 24, 8);
        (header[information], header[units]) = (0x39, 0x13);
        header.AsSpan(lengths + (shape.Length * size), (7 - shape.Length) * size).Clear();
        return header;
    }

    private string Image(long[] shape, int version, int qform, int sform, bool bigEndian)
    {
        string path = _folder["image.nii"];
        File.WriteAllBytes(
            path,
            [.. Header(shape, version, qform, sform, bigEndian), .. new byte[shape.Aggregate(1L, (product, length) => product * length)]]);
        return path;
    }

    private byte[] Read(string name)
    {
        using var gzip = new GZipStream(File.OpenRead(_folder[name]), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>
    /// The header for a single channel if the image has several. Channels come after the second axis of a slice, or after the third axis
    /// of a volume.
    /// </summary>
    private static byte[] Unchannelled(byte[] header, long[] shape, int version)
    {
        byte[] single = [.. header];
        for (int axis = shape[0] == 2 ? 2 : 3; axis < shape.Length; axis++)
        {
            single[version == 1 ? 42 + (2 * axis) : 24 + (8 * axis)] = 1;
        }

        return single;
    }

    private static void Expect(byte[] expected, byte[] written, int version)
    {
        foreach ((int at, int length) in version == 1 ? _fields1 : _fields2)
        {
            Assert.Equal(expected[at..(at + length)], written[at..(at + length)]);
        }
    }

    /// <summary>Compares affines in millimetres. The files store micrometres.</summary>
    private static void ExpectAffine(IReadOnlyList<double> expected, IReadOnlyList<double> actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-7));
}
