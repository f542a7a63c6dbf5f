using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Volumes are cut along each axis: the slices have the right values and the right place in space.</summary>
public sealed class NiftiCutTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("volume.nii", 1, false)]
    [InlineData("volume.nii.gz", 2, true)]
    public void The_axes_that_are_not_cut_become_rows_and_columns_in_stored_order(string name, int version, bool bigEndian)
    {
        // The value at x, y, z is 100 z + 10 y + x, so each digit shows one coordinate.
        string path = NiftiSamples.Volume([2, 3, 4], version, bigEndian).WriteTo(_folder[name]);
        NiftiSamples.ExpectSlice(path, 2, 3, 2, 3, [300, 310, 320, 301, 311, 321]);
        NiftiSamples.ExpectSlice(path, 1, 2, 2, 4, [20, 120, 220, 320, 21, 121, 221, 321]);
        NiftiSamples.ExpectSlice(path, 0, 1, 3, 4, [1, 101, 201, 301, 11, 111, 211, 311, 21, 121, 221, 321]);
        NiftiSamples.ExpectSlice(path, 2, 0, 2, 3, [0, 10, 20, 1, 11, 21]);
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 4, 2 })]
    [InlineData(new long[] { 2, 3, 4, 1, 2 })]
    [InlineData(new long[] { 2, 3, 4, 2, 1, 1, 1 })]
    public void One_axis_behind_the_third_holds_channels(long[] dimensions)
    {
        string path = NiftiSamples.Volume(dimensions).WriteTo(_folder["volume.nii.gz"]);
        NiftiSamples.ExpectSlice(path, 2, 1, 2, 3, [100, 110, 120, 101, 111, 121, 1100, 1110, 1120, 1101, 1111, 1121]);
        NiftiSamples.ExpectSlice(path, 1, 0, 2, 4, [0, 100, 200, 300, 1, 101, 201, 301, 1000, 1100, 1200, 1300, 1001, 1101, 1201, 1301]);
        NiftiSamples.ExpectSlice(path, 0, 1, 3, 4, [
            1, 101, 201, 301, 11, 111, 211, 311, 21, 121, 221, 321, 1001, 1101, 1201, 1301, 1011, 1111, 1211, 1311, 1021, 1121, 1221, 1321,
        ]);
    }

    [Fact]
    public void An_image_without_a_third_axis_is_a_volume_of_one_slice()
    {
        string path = NiftiSamples.Volume([2, 3]).WriteTo(_folder["flat.nii"]);
        NiftiSamples.ExpectSlice(path, 2, 0, 2, 3, [0, 10, 20, 1, 11, 21]);
        Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadSlice(path, 0, 1), "flat.nii", "2×3", "one slice along axis 2", "axis 0", "2 strips");
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ReadSlice(path, 2, 1), "flat.nii", "1 slices along axis 2", "no slice 1");
    }

    [Fact]
    public void The_affine_of_a_slice_has_its_own_axes_and_its_own_place()
    {
        // The columns of the volume's matrix: x runs along (1, 5, 9), y along (2, 6, 10) and z along (3, 7, 11). The origin is (4, 8, 12).
        string path = NiftiSamples.Volume([2, 3, 4], rows: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]).WriteTo(_folder["volume.nii"]);
        Slice along2 = NiftiFile.ReadSlice(path, 2, 3);
        Assert.Equal([1, 2, 3, 4 + 9, 5, 6, 7, 8 + 21, 9, 10, 11, 12 + 33, 0, 0, 0, 1], along2.Geometry.Affine);
        Assert.Equal((0.5, 0.75), (along2.Geometry.SpacingRows, along2.Geometry.SpacingColumns));

        Slice along1 = NiftiFile.ReadSlice(path, 1, 2);
        Assert.Equal([1, 3, 2, 4 + 4, 5, 7, 6, 8 + 12, 9, 11, 10, 12 + 20, 0, 0, 0, 1], along1.Geometry.Affine);
        Assert.Equal((0.5, 3), (along1.Geometry.SpacingRows, along1.Geometry.SpacingColumns));

        Slice along0 = NiftiFile.ReadSlice(path, 0, 1);
        Assert.Equal([2, 3, 1, 4 + 1, 6, 7, 5, 8 + 5, 10, 11, 9, 12 + 9, 0, 0, 0, 1], along0.Geometry.Affine);
        Assert.Equal((0.75, 3), (along0.Geometry.SpacingRows, along0.Geometry.SpacingColumns));
    }

    [Fact]
    public void What_cannot_be_cut_is_refused_by_name()
    {
        Complaint.Expect<InvalidDataException>(
            () => Cut(new() { Dimensions = [2, 3, 4, 9], Values = new double[216] }), "volume.nii", "2×3×4×9",
            "axis 4 has length 9", "2 to 8 channels");
        Complaint.Expect<InvalidDataException>(
            () => Cut(new() { Dimensions = [2, 3, 4, 2, 1, 3], Values = new double[144] }), "volume.nii", "axis 6 has length 3");
        Complaint.Expect<InvalidDataException>(() => Cut(new() { Dimensions = [6] }), "volume.nii", "shape 6", "two axes");
        Complaint.Expect<InvalidDataException>(
            () => Cut(new() { Version = 2, Magic = "n+2", Dimensions = [1 << 20, 1 << 20, 2], Values = [] }), "volume.nii", "too large");
        Complaint.Expect<InvalidDataException>(
            () => Cut(new() { Version = 2, Magic = "n+2", Dimensions = [long.MaxValue, long.MaxValue, long.MaxValue], Values = [] }),
            "volume.nii",
            "too large");
        Complaint.Expect<InvalidDataException>(
            () => Cut(new() { Version = 2, Magic = "n+2", Dimensions = [2, 3, 1 << 30], Values = [] }),
            "volume.nii", "1073741824 slices", "65536");
        string volume = NiftiSamples.Volume([2, 3, 4]).WriteTo(_folder["volume.nii"]);
        Assert.Throws<ArgumentOutOfRangeException>(() => NiftiFile.ReadSlice(volume, 3, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => NiftiFile.ReadSlice(_folder["volume.nii"], 2, -1));

        void Cut(NiftiBytes image) => NiftiFile.ReadSlice(image.WriteTo(_folder["volume.nii"]), 2, 0);
    }
}
