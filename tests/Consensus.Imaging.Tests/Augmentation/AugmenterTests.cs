using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Tests.Augmentation;

public sealed class AugmenterTests
{
    // 3×3: rows 1 2 3 / 4 5 6 / 7 8 9.
    private static readonly float[] Image = [1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public void No_change_gives_the_image_itself() => AssertMoved(Image, DrawnAugmentation.None);

    [Fact]
    public void Flips_mirror_columns_and_rows()
    {
        AssertMoved([3, 2, 1, 6, 5, 4, 9, 8, 7], DrawnAugmentation.None with { FlipColumns = true });
        AssertMoved([7, 8, 9, 4, 5, 6, 1, 2, 3], DrawnAugmentation.None with { FlipRows = true });
    }

    [Fact]
    public void A_shift_moves_pixels_and_brings_in_the_padding() =>
        AssertMoved([-1, -1, -1, -1, 1, 2, -1, 4, 5], DrawnAugmentation.None with { ShiftRows = 1, ShiftColumns = 1 });

    [Fact]
    public void A_shift_brings_in_the_reflection_in_the_edge() => AssertMoved(
        [5, 4, 4, 2, 1, 1, 2, 1, 1], DrawnAugmentation.None with { ShiftRows = 2, ShiftColumns = 2, Padding = PaddingMode.Reflection });

    [Fact]
    public void A_reflection_is_reflected_again_as_often_as_needed()
    {
        // The rows beside row 0 are rows 0, 1, 2, 2, 1, 0, 0, 1 of the slice.
        AssertMoved(
            [4, 5, 6, 1, 2, 3, 1, 2, 3], DrawnAugmentation.None with { ShiftRows = 8, Padding = PaddingMode.Reflection });
        AssertMoved(
            [7, 8, 9, 7, 8, 9, 4, 5, 6], DrawnAugmentation.None with { ShiftRows = -8, Padding = PaddingMode.Reflection });
    }

    [Fact]
    public void Masks_are_reflected_as_their_image_is()
    {
        // The change turns by 30° and shifts by a quarter, so that a third of the slice comes from outside.
        const int side = 32;
        var change = new DrawnAugmentation(true, false, 30, 8, -8, 0.9, Padding: PaddingMode.Reflection);
        byte[] mask = [.. Enumerable.Range(0, side * side).Select(i => (i / side) + (i % side) < 20 ? (byte)1 : (byte)0)];
        var movedMask = new byte[mask.Length];
        var movedImage = new float[mask.Length];
        Augmenter.Nearest(mask, side, side, movedMask, side, side, change);
        Augmenter.Interpolate([.. mask.Select(value => (float)value)], movedImage, side, side, change, -1);
        Assert.DoesNotContain(movedImage, value => value < 0);
        Assert.InRange(movedMask.Zip(movedImage).Count(pair => pair.First != (pair.Second > 0.5 ? 1 : 0)), 0, 20);

        // Without reflection, what comes from outside has no mask.
        var without = new byte[mask.Length];
        Augmenter.Nearest(mask, side, side, without, side, side, change with { Padding = PaddingMode.Constant });
        Assert.True(without.Sum(value => value) + 20 < movedMask.Sum(value => value));
    }

    [Fact]
    public void A_right_angle_turns_rows_into_columns() =>
        AssertMoved([7, 4, 1, 8, 5, 2, 9, 6, 3], DrawnAugmentation.None with { RotationDegrees = 90 });

    [Fact]
    public void Scaling_by_two_reads_half_as_far_from_the_centre() =>
        AssertMoved([3, 3.5f, 4, 4.5f, 5, 5.5f, 6, 6.5f, 7], DrawnAugmentation.None with { Scale = 2 });

    [Fact]
    public void Masks_move_with_their_image()
    {
        var policy = new AugmentationPolicy();
        for (int seed = 0; seed < 20; seed++)
        {
            // A disc is moved as a mask by the nearest pixel, and as an image bilinearly, then rounded. Both must be equal except at the
            // disc's edge.
            const int side = 32;
            byte[] mask = [.. Enumerable.Range(0, side * side)
                .Select(i => Math.Pow((i / side) - 12, 2) + Math.Pow((i % side) - 18, 2) < 60 ? (byte)1 : (byte)0)];
            DrawnAugmentation change = DrawnAugmentation.Draw(policy, side, side, new Random(seed));
            var movedMask = new byte[mask.Length];
            var movedImage = new float[mask.Length];
            Augmenter.Nearest(mask, side, side, movedMask, side, side, change);
            Augmenter.Interpolate([.. mask.Select(value => (float)value)], movedImage, side, side, change, 0);

            int different = movedMask.Zip(movedImage).Count(pair => pair.First != (pair.Second > 0.5 ? 1 : 0));
            Assert.InRange(movedMask.Sum(value => value), 120, 260);
            Assert.True(different < 15, $"{different} pixels differ with {change}");
        }
    }

    [Fact]
    public void A_flipped_mask_is_looked_up_at_its_own_resolution()
    {
        // One row of eight pixels for a slice of four. The reduction takes pixels 0, 2, 4, 6. In the mirrored row, these are the pixels 7,
        // 5, 3, 1.
        byte[] mask = [1, 0, 0, 1, 1, 1, 0, 1], moved = new byte[4];
        Augmenter.Nearest(mask, 1, 8, moved, 1, 4, DrawnAugmentation.None);
        Assert.Equal([1, 0, 1, 0], moved);
        Augmenter.Nearest(mask, 1, 8, moved, 1, 4, DrawnAugmentation.None with { FlipColumns = true });
        Assert.Equal([1, 1, 1, 0], moved);
    }

    [Theory]
    [InlineData(5, 7)]
    [InlineData(16, 9)]
    [InlineData(64, 50)]
    public void Without_a_change_masks_are_reduced_as_published(int height, int width)
    {
        var random = new Random(1);
        var masks = new RaterMasks(1, 31, 40, [.. Enumerable.Range(0, 31 * 40).Select(_ => (byte)random.Next(2))]);
        var moved = new byte[height * width];
        Augmenter.Nearest(masks.Rater(0), masks.Height, masks.Width, moved, height, width, DrawnAugmentation.None);
        Assert.Equal(Resampling.Nearest(masks, height, width).Pixels, moved);
    }

    [Fact]
    public void Draws_stay_within_the_policy_and_follow_the_seed()
    {
        var policy = new AugmentationPolicy { VerticalFlip = 0 };
        DrawnAugmentation[] draws = [.. Draws(3)];
        Assert.Equal(draws, Draws(3));
        Assert.NotEqual(draws, Draws(4));
        Assert.All(draws, draw =>
        {
            Assert.False(draw.FlipRows);
            Assert.InRange(draw.RotationDegrees, -15, 15);
            Assert.InRange(draw.ShiftRows, -5, 5);
            Assert.InRange(draw.ShiftColumns, -10, 10);
            Assert.InRange(draw.Scale, 0.9, 1.1);
        });
        Assert.InRange(draws.Count(draw => draw.FlipColumns), 400, 600);

        DrawnAugmentation[] Draws(int seed)
        {
            var random = new Random(seed);
            return [.. Enumerable.Range(0, 1000).Select(_ => DrawnAugmentation.Draw(policy, 50, 100, random))];
        }
    }

    [Fact]
    public void Grey_values_are_multiplied_and_then_shifted_with_what_comes_in_from_outside() =>
        AssertMoved(
            [-1.5f, -1.5f, -1.5f, -1.5f, 2.5f, 4.5f, -1.5f, 8.5f, 10.5f],
            DrawnAugmentation.None with { ShiftRows = 1, ShiftColumns = 1, Contrast = 2, Brightness = 0.5 });

    [Fact]
    public void A_field_that_is_the_same_everywhere_is_a_shift()
    {
        // Each pixel comes from the next row and the next column.
        double[] one = [.. Enumerable.Repeat(1.0, SmoothField.Count)];
        AssertMoved([5, 6, -1, 8, 9, -1, -1, -1, -1], DrawnAugmentation.None with { Deformation = new(one, one, 3, 3) });
    }

    [Fact]
    public void Cubic_interpolation_weighs_sixteen_pixels_and_keeps_those_that_are_not_between_others()
    {
        // Half the way between two pixels, the weights are −1/16, 9/16, 9/16 and −1/16 along columns. Outside is 0, as the mask.
        float[] edge = [0, 0, 0, 16, 16, 16];
        DrawnAugmentation change = DrawnAugmentation.None with { Interpolation = InterpolationMode.Cubic };
        Assert.Equal(edge, Moved(change, edge));
        Assert.Equal([0f, 0, 0, 0, 16, 16], Moved(change with { ShiftColumns = 1 }, edge));

        // A field that is one half of a pixel everywhere: pixel c comes from c + ½.
        DrawnAugmentation half = change with { Deformation = new(Field(0), Field(0.5), 1, 6) };
        Close([0, -1, 8, 17, 17, 8], Moved(half, edge));
        Close([0, -1, 8, 17, 16, 16], Moved(half with { Padding = PaddingMode.Reflection }, edge));
        Close([0, 0, 8, 16, 16, 8], Moved(half with { Interpolation = InterpolationMode.Linear }, edge));

        static double[] Field(double value) => [.. Enumerable.Repeat(value, SmoothField.Count)];

        static float[] Moved(DrawnAugmentation change, float[] row)
        {
            var moved = new float[row.Length];
            Augmenter.Interpolate(row, moved, 1, row.Length, change, padding: 0);
            return moved;
        }

        static void Close(float[] expected, float[] found) =>
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0.5)]
    [InlineData(2, -0.25)]
    public void Cubic_interpolation_is_exact_for_a_plane_and_a_parabola(int power, double shift)
    {
        // Keys 1981: with a = −1/2 the error is of the third order, so polynomials up to the second power come back.
        const int Side = 12;
        float[] image = [.. Enumerable.Range(0, Side * Side).Select(i => (float)Math.Pow((i % Side) + (0.5 * (i / Side)), power))];
        double[] none = new double[SmoothField.Count], field = [.. Enumerable.Repeat(shift, SmoothField.Count)];
        DrawnAugmentation change = DrawnAugmentation.None with
        {
            Deformation = new(none, field, Side, Side), Interpolation = InterpolationMode.Cubic,
        };
        var moved = new float[Side * Side];
        Augmenter.Interpolate(image, moved, Side, Side, change, 0);
        for (int row = 2; row < Side - 3; row++)
        {
            for (int column = 2; column < Side - 3; column++)
            {
                Assert.Equal(Math.Pow(column + shift + (0.5 * row), power), moved[(row * Side) + column], 1e-3);
            }
        }
    }

    [Fact]
    public void A_policy_without_new_changes_draws_the_numbers_it_always_drew()
    {
        Random plain = new(5), both = new(5);
        var policy = new AugmentationPolicy();
        DrawnAugmentation first = DrawnAugmentation.Draw(policy, 50, 100, plain);
        DrawnAugmentation changed = DrawnAugmentation.Draw(
            policy with { Deformation = 0.02, Contrast = 0.2, Brightness = 0.3 }, 50, 100, both);
        Assert.Equal(first, changed with { Deformation = null, Contrast = 1, Brightness = 0 });
        Assert.NotNull(changed.Deformation);
        Assert.InRange(changed.Contrast, 0.8, 1.2);
        Assert.InRange(changed.Brightness, -0.3, 0.3);
    }

    private static void AssertMoved(float[] expected, DrawnAugmentation change)
    {
        var moved = new float[9];
        Augmenter.Interpolate(Image, moved, 3, 3, change, -1);
        Assert.All(expected.Zip(moved), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }
}
