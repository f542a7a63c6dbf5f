using System.Globalization;

namespace Consensus.Imaging.Tests;

/// <summary>Slices, their geometry and masks of pixels in memory, against values derived by hand.</summary>
public sealed class SliceTests
{
    [Fact]
    public void Pixels_of_any_type_are_copied()
    {
        short[] stored = [-1024, 0, 3071, 7, 8, 9];

        Slice slice = Slice.FromPixels<short>(stored, height: 2, width: 3, source: "frame 7");
        stored[0] = 1;

        Assert.Equal([-1024f, 0, 3071, 7, 8, 9], slice.Pixels);
        Assert.Equal((1, 2, 3, "frame 7"), (slice.Channels, slice.Height, slice.Width, slice.Source));
        Assert.Same(SliceGeometry.None, slice.Geometry);
    }

    [Fact]
    public void Interleaved_colours_become_channels()
    {
        byte[] camera = [1, 10, 100, 2, 20, 200];

        Assert.Equal([1f, 2, 10, 20, 100, 200], Slice.FromPixels<byte>(camera, 1, 2, channels: 3, interleaved: true).Pixels);
        Assert.Equal([1f, 10, 100, 2, 20, 200], Slice.FromPixels<byte>(camera, 1, 2, channels: 3).Pixels);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Too_few_pixels_are_refused_with_both_numbers(bool interleaved)
    {
        string message = Assert.Throws<ArgumentException>(
            () => Slice.FromPixels<byte>(new byte[5], 1, 2, channels: 3, interleaved: interleaved)).Message;

        Assert.StartsWith("A slice of 3×1×2 has 6 values, but 5 were given.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_transposed_slice_lies_where_it_lay()
    {
        var slice = new Slice(2, 2, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], SliceGeometry.FromDicom(
            [10, 20, 30], [0, 1, 0, 0, 0, -1], [0.5, 0.25]));

        Slice turned = slice.Transpose();

        Assert.Equal((2, 3, 2), (turned.Channels, turned.Height, turned.Width));
        Assert.Equal([1f, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12], turned.Pixels);
        Assert.Equal((0.25, 0.5), (turned.Geometry.SpacingRows, turned.Geometry.SpacingColumns));
        Assert.Equal(slice.Geometry.At(1, 2), turned.Geometry.At(2, 1));
        Assert.Equal(slice.Geometry.Affine, turned.Transpose().Geometry.Affine);
    }

    [Fact]
    public void The_geometry_of_a_dicom_image_is_that_of_its_pixels()
    {
        // DICOM puts pixel (row, column) at position + column × 0.25 × (1, 0, 0) + row × 0.5 × (0, 1, 0), to the left and to the back.
        // The affine has it to the right and to the front: both are negated.
        SliceGeometry axial = SliceGeometry.FromDicom([10, 20, 30], [1, 0, 0, 0, 1, 0], [0.5, 0.25]);

        Assert.Equal((0.5, 0.25), (axial.SpacingRows, axial.SpacingColumns));
        Assert.Equal((-10 - (4 * 0.25), -20 - (2 * 0.5), 30.0), axial.At(2, 4));
        Assert.Equal("rows to the back, columns to the left", axial.DirectionText());
        Assert.True(axial.HasPosition && axial.HasSpacing);
    }

    [Theory]
    [InlineData("1 0 0 0 1", "There must be 6 finite numbers, but the values are 1 0 0 0 1.")]
    [InlineData("1 0 0 1 0 0", "The directions 1 0 0 1 0 0 must have length 1 and be at a right angle.")]
    [InlineData("2 0 0 0 1 0", "The directions 2 0 0 0 1 0 must have length 1 and be at a right angle.")]
    public void Directions_that_are_none_are_refused(string orientation, string expected)
    {
        double[] values = [.. orientation.Split(' ').Select(value => double.Parse(value, CultureInfo.InvariantCulture))];

        string message = Assert.Throws<ArgumentException>(() => SliceGeometry.FromDicom([0, 0, 0], values, [1, 1])).Message;

        Assert.StartsWith(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_spacing_is_above_zero(double spacing) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SliceGeometry.FromSpacing(1, spacing));

    [Fact]
    public void Masks_of_slices_mark_what_is_not_zero()
    {
        RaterMasks masks = RaterMasks.FromSlices([new(1, 1, 3, [0, 255, 255]), new(1, 1, 3, [1, 0, 0])]);

        Assert.Equal((2, 1, 3), (masks.Raters, masks.Height, masks.Width));
        Assert.Equal([0, 1, 1, 1, 0, 0], masks.Pixels);
    }

    [Fact]
    public void Masks_of_slices_that_do_not_fit_are_refused_by_name()
    {
        var first = new Slice(1, 1, 3, [0, 1, 1]);

        Assert.StartsWith(
            "Mask 2 has 1×3×1 values (channels × height × width), where the first mask has 1×1×3.",
            Assert.Throws<ArgumentException>(() => RaterMasks.FromSlices([first, new(1, 3, 1, [0, 1, 1])])).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "'Ben' holds the values 0, 1, 2, but a mask holds 0 and one other value.",
            Assert.Throws<InvalidDataException>(() => RaterMasks.FromSlices([new(1, 1, 3, [0, 1, 2], source: "Ben")])).Message,
            StringComparison.Ordinal);
    }
}
