using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>The shape in the header decides whether an image is one slice, and which axes are channels, rows and columns.</summary>
public sealed class NiftiSliceShapeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(new long[] { 2, 3, 1 }, 1)]
    [InlineData(new long[] { 2, 3, 1, 1, 1, 1, 1 }, 1)]
    [InlineData(new long[] { 2, 3, 2 }, 2)]
    [InlineData(new long[] { 2, 3, 1, 2 }, 2)]
    [InlineData(new long[] { 2, 3, 2, 1 }, 2)]
    [InlineData(new long[] { 2, 3, 1, 1, 2 }, 2)]
    public void Trailing_axes_of_one_are_dropped_and_one_short_axis_holds_the_channels(long[] dimensions, int channels)
    {
        string path = new NiftiBytes
        {
            Dimensions = dimensions,
            Values = [.. Enumerable.Range(1, 6 * channels).Select(value => (double)value)],
        }.WriteTo(_folder["image.nii"]);
        Slice slice = NiftiFile.ReadSlice(path);
        Assert.Equal((channels, 2, 3), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal([1, 3, 5, 2, 4, 6], slice.Pixels[..6]);
        if (channels == 2)
        {
            Assert.Equal([7, 9, 11, 8, 10, 12], slice.Pixels[6..]);
        }

        Assert.Equal(dimensions, NiftiFile.ReadHeader(path).Shape);
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 9 })]
    [InlineData(new long[] { 2, 3, 2, 2 })]
    public void A_volume_is_refused_as_a_slice_but_summed_up(long[] dimensions)
    {
        int count = (int)dimensions.Aggregate(1L, (product, length) => product * length);
        string path = new NiftiBytes { Dimensions = dimensions, Values = [.. Enumerable.Range(1, count).Select(value => (double)value)] }
            .WriteTo(_folder["volume.nii"]);
        Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadSlice(path), path, string.Join('×', dimensions), "volume", "1 to 8 channels");
        Assert.Equal((count + 1) / 2.0, NiftiFile.ReadStatistics(path).Mean, 1e-12);
    }

    [Fact]
    public void A_line_of_values_is_no_slice()
        => Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadSlice(new NiftiBytes { Dimensions = [6] }.WriteTo(_folder["line.nii"])), "line.nii", "shape 6", "two axes");

    [Fact]
    public void A_volume_without_a_slice_says_how_to_name_one()
    {
        string path = NiftiSamples.Volume([2, 3, 9]).WriteTo(_folder["volume.nii"]);
        Complaint.Expect<InvalidDataException>(
            () => SliceReader.Read(path), path, "2×3×9", "volume.nii#axis=2,slice=0", "LoadFromVolume", "consensus predict");
        Complaint.Expect<InvalidDataException>(() => SliceReader.ReadSize(path), path, "volume.nii#axis=2,slice=0");
    }
}
