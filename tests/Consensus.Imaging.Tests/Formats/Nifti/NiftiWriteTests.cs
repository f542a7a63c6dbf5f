using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

public sealed class NiftiWriteTests : IDisposable
{
    private static readonly float[] _values = [0, 0.25f, 0.5f, 0.75f, 1, -3];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("soft.nii")]
    [InlineData("soft.nii.gz")]
    public void What_is_written_reads_back(string name)
    {
        var geometry = new SliceGeometry(0.5, 0.75, [0.5, 0, 0, 7, 0, 0.75, 0, 8, 0, 0, 2, 9, 0, 0, 0, 1]);
        NiftiFile.WriteSlice(_folder[name], new Slice(1, 2, 3, _values, geometry));
        Slice back = NiftiFile.ReadSlice(_folder[name]);
        Assert.Equal(_values, back.Pixels);
        Assert.Equal((0.5, 0.75), (back.Geometry.SpacingRows, back.Geometry.SpacingColumns));
        Assert.Equal(geometry.Affine, back.Geometry.Affine);
        NiftiHeader header = NiftiFile.ReadHeader(_folder[name]);
        Assert.Equal("float32", header.DataType);
        Assert.Equal([2, 3], header.Shape);
    }

    [Fact]
    public void Plain_bytes_are_those_of_the_standard()
    {
        NiftiFile.WriteSlice(_folder["soft.nii"], new Slice(1, 2, 3, _values));
        byte[] bytes = File.ReadAllBytes(_folder["soft.nii"]);
        Assert.Equal(352 + (6 * 4), bytes.Length);
        Assert.Equal("n+1\0"u8.ToArray(), bytes[344..348]);

        // Rows run fastest in the file: the second value stored is the first of the second row.
        Assert.Equal([0f, 0.75f, 0.25f, 1f, 0.5f, -3f], Enumerable.Range(0, 6).Select(i => BitConverter.ToSingle(bytes, 352 + (4 * i))));
    }

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

    [Fact]
    public void A_slice_of_another_size_than_the_input_is_refused_and_nothing_is_written()
    {
        string from = new NiftiBytes().WriteTo(_folder["image.nii"]);
        Complaint.Expect<ArgumentException>(
            () => NiftiFile.WriteSlice(_folder["soft.nii"], new Slice(1, 3, 2, _values), from), "3×2", "2×3", "image.nii");
        Assert.False(File.Exists(_folder["soft.nii"]));
    }

    [Fact]
    public void A_name_of_another_format_is_refused()
        => Complaint.Expect<ArgumentException>(
            () => NiftiFile.WriteSlice(_folder["soft.png"], new Slice(1, 2, 3, _values)), "soft.png", ".nii.gz");

    [Fact]
    public void A_side_too_long_for_the_first_version_is_written_in_the_second()
    {
        NiftiFile.WriteSlice(_folder["long.nii.gz"], new Slice(1, 40000, 2, new float[80000]));
        Assert.Equal(2, NiftiFile.ReadHeader(_folder["long.nii.gz"]).Version);
        Assert.Equal(40000, NiftiFile.ReadSlice(_folder["long.nii.gz"]).Height);
    }
}
