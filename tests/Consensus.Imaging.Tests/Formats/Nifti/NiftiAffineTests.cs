using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

public sealed class NiftiAffineTests : IDisposable
{
    private static readonly double _half = Math.Sqrt(0.5);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_sform_wins_over_the_qform()
    {
        var image = new NiftiBytes { Qform = 1, Sform = 2, Rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] };
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0, 1], Affine(image));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_qform_turns_scales_and_shifts(int version)
    {
        // A quarter turn about the third axis, (a, b, c, d) = (√½, 0, 0, √½). It turns the first axis into the second, and the second into
        // the negative first.
        var image = new NiftiBytes
        {
            Version = version,
            Magic = version == 1 ? "n+1" : "n+2",
            Qform = 1,
            Quaternion = [0, 0, _half, 10, 20, 30],
            PixelDimensions = [1, 2, 3, 4, 1, 1, 1, 1],
        };
        Near([0, -3, 0, 10, 2, 0, 0, 20, 0, 0, 4, 30, 0, 0, 0, 1], Affine(image));
    }

    [Fact]
    public void A_negative_qfac_flips_the_third_axis_and_any_other_than_minus_one_does_not()
    {
        double[] pixdim = [-1, 2, 3, 4, 1, 1, 1, 1];
        Near([2, 0, 0, 0, 0, 3, 0, 0, 0, 0, -4, 0, 0, 0, 0, 1], Affine(new NiftiBytes { Qform = 1, PixelDimensions = pixdim }));
        pixdim[0] = 0;
        Near([2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1], Affine(new NiftiBytes { Qform = 1, PixelDimensions = pixdim }));
    }

    [Fact]
    public void A_half_turn_is_a_quaternion_without_a_real_part()
        => Near([1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1], Affine(new NiftiBytes { Qform = 1, Quaternion = [1, 0, 0, 0, 0, 0] }));

    [Fact]
    public void A_quaternion_longer_than_one_is_refused_when_it_is_used()
    {
        Complaint.Expect<InvalidDataException>(
            () => Affine(new NiftiBytes { Qform = 1, Quaternion = [1, 1, 0, 0, 0, 0] }), "image.nii", "quaternion");
        Complaint.Expect<InvalidDataException>(
            () => Affine(new NiftiBytes { Qform = 1, Quaternion = [double.NegativeInfinity, 0, 0, 0, 0, 0] }), "image.nii", "quaternion");
        Affine(new NiftiBytes { Qform = 0, Quaternion = [1, 1, 0, 0, 0, 0] });
    }

    [Fact]
    public void What_is_no_number_in_a_transform_is_passed_on_as_such()
    {
        Assert.True(double.IsNaN(Affine(new NiftiBytes { Qform = 1, Quaternion = [double.NaN, 0, 0, 7, 8, 9] })[0]));
        Assert.Equal(
            [7, 8, 9], new[] { 3, 7, 11 }.Select(at => Affine(new NiftiBytes { Qform = 1, Quaternion = [double.NaN, 0, 0, 7, 8, 9] })[at]));
        Assert.True(double.IsNaN(Affine(new NiftiBytes { Sform = 1, Rows = [double.NaN, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] })[0]));
    }

    [Fact]
    public void Neither_gives_the_spacing_with_the_first_axis_flipped_and_the_origin_in_the_centre()
    {
        // The base affine of nibabel. The origin is (length − 1) / 2 steps from the first voxel. A missing axis has a spacing of 1.
        var volume = new NiftiBytes { Dimensions = [3, 5, 2], Values = new double[30], PixelDimensions = [1, 2, 3, 4, 1, 1, 1, 1] };
        Assert.Equal([-2, 0, 0, 2, 0, 3, 0, -6, 0, 0, 4, -2, 0, 0, 0, 1], Affine(volume));
        var slice = new NiftiBytes { PixelDimensions = [1, 2, 3, 9, 1, 1, 1, 1] };
        Near([-2, 0, 0, 1, 0, 3, 0, -3, 0, 0, 1, 0, 0, 0, 0, 1], Affine(slice));
    }

    [Fact]
    public void Codes_that_the_standard_does_not_know_count_as_none()
    {
        var image = new NiftiBytes { Qform = 9, Sform = -1, Dimensions = [1, 1], Values = [1] };
        Near([-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], Affine(image));
    }

    [Fact]
    public void Spacing_of_zero_counts_as_one_and_negative_as_positive_in_space_only()
    {
        var image = new NiftiBytes { Dimensions = [2, 3, 1, 1], PixelDimensions = [1, -2, 0, 4, 0, 1, 1, 1] };
        Assert.Equal([2, 1, 4, 0], NiftiFile.ReadHeader(image.WriteTo(_folder["image.nii"])).Spacing);
    }

    private double[] Affine(NiftiBytes image) => [.. NiftiFile.ReadHeader(image.WriteTo(_folder["image.nii"])).Affine];

    private static void Near(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-6);
        }
    }
}
