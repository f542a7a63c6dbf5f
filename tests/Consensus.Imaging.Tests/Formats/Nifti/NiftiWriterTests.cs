using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Written files have the bytes of the standard, and can be read again.</summary>
public sealed class NiftiWriterTests : IDisposable
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

        // The row index changes fastest in the file, so the second stored value is the first value of the second row.
        Assert.Equal([0f, 0.75f, 0.25f, 1f, 0.5f, -3f], Enumerable.Range(0, 6).Select(i => BitConverter.ToSingle(bytes, 352 + (4 * i))));
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
