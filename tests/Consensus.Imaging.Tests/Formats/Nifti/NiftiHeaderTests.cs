using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>The header says whether an image is a single slice, wherever its axis of length 1 is, and how its pixels are spaced.</summary>
public sealed class NiftiHeaderTests : IDisposable
{
    // x changes fastest. The rows of the slice are counted along the first axis that is longer than 1.
    private static readonly double[] _stored = [.. Enumerable.Range(0, 12 * 10).Select(value => (double)value)];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<long[], int> Shapes =>
        new() { { [1, 12, 10], 0 }, { [12, 1, 10], 1 }, { [12, 10, 1], 2 }, { [1, 12, 10, 1], 0 } };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Spacing_that_is_missing_or_no_number_counts_as_one()
    {
        string path = new NiftiBytes
        {
            Dimensions = [2, 2, 2],
            Values = [1, 2, 3, 4, 5, 6, 7, 8],
            PixelDimensions = [1, double.NaN, 0, double.PositiveInfinity, 0, 0, 0, 0],
        }.WriteTo(_folder["odd.nii"]);
        SliceGeometry geometry = NiftiFile.ReadSlice(path, 1, 0).Geometry;
        Assert.Equal((1, 1), (geometry.SpacingRows, geometry.SpacingColumns));
    }

    [Fact]
    public void A_volume_is_told_from_a_slice_with_channels_by_its_shape()
    {
        (long[] Shape, bool IsVolume)[] cases = [([2, 3], false), ([2, 3, 1], false), ([2, 3, 8], false), ([2, 3, 9], true),
            ([2, 3, 1, 4], false), ([2, 3, 2, 1, 2], true), ([2, 3, 1, 9], false),
            ([1, 3, 9], false), ([2, 1, 9, 4], false), ([1, 1, 9], true)];
        foreach ((long[] shape, bool isVolume) in cases)
        {
            Assert.Equal(isVolume, NiftiFile.ReadHeader(new NiftiBytes { Dimensions = shape }.WriteTo(_folder["image.nii"])).IsVolume);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void It_is_read_as_one_slice_and_its_map_is_stored_as_it_is(long[] shape, int axis)
    {
        string path = Image(shape, "image.nii.gz");
        NiftiHeader header = NiftiFile.ReadHeader(path);
        Assert.Equal((axis, false), (header.SliceAxis, header.IsVolume));
        Slice slice = SliceReader.Read(path);
        Assert.Equal((1, 12, 10), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal((1, 12, 10), SliceReader.ReadSize(path));
        Assert.Equal([0, 12, 24], slice.Pixels[..3]);
        Assert.Equal([1, 13, 25], slice.Pixels[10..13]);
        Assert.Equal(path, slice.Source);
        Assert.Equal(NiftiFile.ReadSlice(path, axis, 0).Geometry.Affine, slice.Geometry.Affine);

        // The spacings of the stored axes are 2, 3 and 5.
        double[] spacing = [2, 3, 5];
        int[] others = [.. Enumerable.Range(0, 3).Where(other => other != axis)];
        Assert.Equal((spacing[others[0]], spacing[others[1]]), (slice.Geometry.SpacingRows, slice.Geometry.SpacingColumns));

        NiftiFile.WriteSlice(_folder["soft.nii.gz"], slice, path);
        NiftiHeader written = NiftiFile.ReadHeader(_folder["soft.nii.gz"]);
        Assert.Equal(shape, written.Shape);
        Assert.Equal(header.Affine, written.Affine);
        Assert.Equal(slice.Pixels, SliceReader.Read(_folder["soft.nii.gz"]).Pixels);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Whoever_cuts_it_gets_the_one_slice(long[] shape, int axis)
    {
        string path = Image(shape, "image.nii");
        Assert.Equal($"{path}#axis={axis},slice=0", Assert.Single(NiftiFile.ListSlices(path)).ToString());
        Slice slice = Assert.Single(NiftiFile.ReadSlices(path));
        Assert.Equal(SliceReader.Read(path).Pixels, slice.Pixels);
        NiftiFile.WriteVolume(_folder["soft.nii"], [slice], path);
        Assert.Equal(slice.Pixels, SliceReader.Read(_folder["soft.nii"]).Pixels);
        foreach (int other in Enumerable.Range(0, 3).Where(other => other != axis))
        {
            Complaint.Expect<InvalidDataException>(
                () => NiftiFile.ReadSlice(path, other, 0), "image.nii", $"one slice along axis {axis}", $"axis {other}",
                $"{shape[other]} strips");
        }
    }

    [Fact]
    public void Channels_may_follow_the_three_axes()
    {
        string path = new NiftiBytes { Dimensions = [1, 2, 3, 2], Values = [.. Enumerable.Range(0, 12).Select(value => (double)value)] }
            .WriteTo(_folder["image.nii"]);
        Slice slice = SliceReader.Read(path);
        Assert.Equal((2, 2, 3), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal([0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11], slice.Pixels);
        NiftiFile.WriteSlice(_folder["soft.nii"], new Slice(1, 2, 3, slice.Pixels[..6]), path);
        Assert.Equal([1, 2, 3, 1], NiftiFile.ReadHeader(_folder["soft.nii"]).Shape);
        Complaint.Expect<ArgumentException>(
            () => NiftiFile.WriteSlice(_folder["soft.nii"], new Slice(1, 1, 6, slice.Pixels[..6]), path), "1×6", "2×3");
    }

    [Fact]
    public void Masks_beside_it_may_be_stored_in_either_way()
    {
        string first = new NiftiBytes { Dimensions = [1, 2, 3], Values = [1, 0, 0, 1, 0, 0] }.WriteTo(_folder["first.nii"]);
        string second = new NiftiBytes { Dimensions = [2, 3, 1], Values = [1, 0, 0, 1, 0, 0] }.WriteTo(_folder["second.nii"]);
        RaterMasks masks = MaskReader.Read([first, second]);
        Assert.Equal((2, 2, 3), (masks.Raters, masks.Height, masks.Width));
        Assert.Equal([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0], masks.Pixels);
    }

    [Fact]
    public void Two_axes_of_length_one_before_a_longer_one_do_not_tell()
    {
        string path = new NiftiBytes { Dimensions = [1, 1, 9], Values = new double[9] }.WriteTo(_folder["line.nii"]);
        Assert.Null(NiftiFile.ReadHeader(path).SliceAxis);
        Complaint.Expect<InvalidDataException>(() => NiftiFile.ListSlices(path), "line.nii", "1×1×9", "axes 0 and 1", "must be named");
        Assert.Equal(9, NiftiFile.ListSlices(path, 2).Count);
        Assert.Equal((1, 9), (NiftiFile.ReadSlice(path, 0, 0).Height, NiftiFile.ReadSlice(path, 0, 0).Width));
    }

    private string Image(long[] shape, string name) => new NiftiBytes
    {
        Dimensions = shape,
        Type = 4,
        Values = _stored,
        PixelDimensions = [1, 2, 3, 5, 1, 1, 1, 1],
        Sform = 1,
        Rows = [2, 0, 0, 7, 0, 3, 0, 8, 0, 0, 5, 9],
    }.WriteTo(_folder[name]);
}
