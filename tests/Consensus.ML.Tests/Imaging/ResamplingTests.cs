using Consensus.Imaging;
using Consensus.Imaging.Geometry;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Tests.Imaging;

/// <summary>
/// Expected values are derived by hand from position = (i + ½)·source/target − ½ (bilinear) and index = ⌊i·source/target⌋ (nearest).
/// </summary>
public sealed class ResamplingTests
{
    [Fact]
    public void Twice_as_many_columns_lie_at_quarters()
    {
        // Positions −¼ (held at 0), ¼, ¾, 1¼ (held at 1).
        var target = new float[4];
        Resampling.Bilinear([0f, 4f], 1, 2, target, 1, 4);
        Assert.Equal([0f, 1f, 3f, 4f], target);
    }

    [Fact]
    public void Half_as_many_rows_lie_between_two_without_antialiasing()
    {
        // Positions ½ and 2½; and 4 → 1 lies at 1½, so that the outer rows count for nothing.
        var target = new float[2];
        Resampling.Bilinear([0f, 2f, 10f, 20f], 4, 1, target, 2, 1);
        Assert.Equal([1f, 15f], target);
        Resampling.Bilinear([100f, 2f, 10f, 100f], 4, 1, target.AsSpan(0, 1), 1, 1);
        Assert.Equal(6f, target[0]);
    }

    [Fact]
    public void Three_to_two_weighs_a_quarter()
    {
        // Positions ¼ and 1¾.
        var target = new float[2];
        Resampling.Bilinear([0f, 10f, 50f], 1, 3, target, 1, 2);
        Assert.Equal([2.5f, 40f], target);
    }

    [Fact]
    public void Both_axes_multiply()
    {
        // 2 × 2 → 4 × 4 of 0, 4 / 8, 12: value = 4·x + 8·y with x, y in 0, ¼, ¾, 1.
        float[] share = [0, 0.25f, 0.75f, 1];
        Slice resized = Resampling.Bilinear(new Slice(1, 2, 2, [0, 4, 8, 12]), 4, 4);
        for (int row = 0; row < 4; row++)
        {
            for (int column = 0; column < 4; column++)
            {
                Assert.Equal((4 * share[column]) + (8 * share[row]), resized.Pixels[(row * 4) + column], 1e-6f);
            }
        }
    }

    [Fact]
    public void Each_channel_is_resized_alone()
    {
        Slice resized = Resampling.Bilinear(new Slice(2, 1, 2, [0, 4, 10, 18]), 1, 4);
        Assert.Equal([0f, 1f, 3f, 4f, 10f, 12f, 16f, 18f], resized.Pixels);
    }

    [Fact]
    public void The_same_size_changes_nothing()
    {
        var slice = new Slice(1, 2, 2, [1, 2, 3, 4]);
        Assert.Same(slice, Resampling.Bilinear(slice, 2, 2));
        var masks = new RaterMasks(1, 2, 2, [0, 1, 1, 0]);
        Assert.Same(masks, Resampling.Nearest(masks, 2, 2));
    }

    [Fact]
    public void Geometry_keeps_the_corners_in_place()
    {
        // 2 columns of 3 mm become 4 of 1.5 mm; the outer edge stays at −1.5 mm, so the first centre moves to −0.75 mm.
        var geometry = new SliceGeometry(2, 3, [2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
        SliceGeometry resized = Resampling.Bilinear(new Slice(1, 2, 2, new float[4], geometry), 2, 4).Geometry;
        Assert.Equal((2, 1.5), (resized.SpacingRows, resized.SpacingColumns));
        Assert.Equal([2, 0, 0, 0, 0, 1.5, 0, -0.75, 0, 0, 1, 0, 0, 0, 0, 1], resized.Affine);
    }

    [Fact]
    public void Nearest_rounds_the_index_down()
    {
        // 5 → 3: ⌊0⌋, ⌊1.67⌋, ⌊3.33⌋; 2 → 5: ⌊0⌋, ⌊0.4⌋, ⌊0.8⌋, ⌊1.2⌋, ⌊1.6⌋.
        Assert.Equal([1, 0, 1], Resampling.Nearest(new RaterMasks(1, 1, 5, [1, 0, 1, 1, 0]), 1, 3).Pixels);
        Assert.Equal([0, 0, 0, 1, 1], Resampling.Nearest(new RaterMasks(1, 1, 2, [0, 1]), 1, 5).Pixels);
        Assert.Equal([0, 0, 0, 1, 1], Resampling.Nearest(new RaterMasks(1, 2, 1, [0, 1]), 5, 1).Pixels);
    }

    [Fact]
    public void Nearest_keeps_raters_apart()
        => Assert.Equal([1, 1, 0, 0, 0, 0, 1, 1], Resampling.Nearest(new RaterMasks(2, 1, 2, [1, 0, 0, 1]), 1, 4).Pixels);

    [Fact]
    public void Sizes_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Resampling.Bilinear(new Slice(1, 1, 1, [1]), 0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => Resampling.Nearest(new RaterMasks(1, 1, 1, [1]), 4, 0));
        Complaint.Expect<ArgumentException>(() => Resampling.Bilinear(new float[3], 2, 2, new float[4], 2, 2), "2×2", "3");
    }

    [Fact]
    public void A_reduced_map_comes_back_to_where_its_pixels_were_taken_from()
    {
        // Eight columns reduced to four take columns 0, 2, 4, 6: their values belong there, and halfway between lies the mean.
        var restored = new float[8];
        Resampling.UndoNearest([1, 3, 5, 9], 1, 4, restored, 1, 8);
        Assert.Equal([1, 2, 3, 4, 5, 7, 9, 9], restored);
    }

    [Theory]
    [InlineData(64, 128)]
    [InlineData(64, 497)]
    [InlineData(10, 33)]
    [InlineData(7, 7)]
    public void Reducing_a_restored_map_gives_the_map(int reduced, int native)
    {
        var random = new Random(1);
        float[] map = [.. Enumerable.Range(0, reduced * reduced).Select(_ => random.NextSingle())];
        var restored = new float[native * native];
        Resampling.UndoNearest(map, reduced, reduced, restored, native, native);
        for (int row = 0; row < reduced; row++)
        {
            for (int column = 0; column < reduced; column++)
            {
                // PyTorch's nearest: the scaled index, rounded down.
                int y = (int)MathF.Floor(row * ((float)native / reduced)), x = (int)MathF.Floor(column * ((float)native / reduced));
                Assert.Equal(map[(row * reduced) + column], restored[(y * native) + x], 1e-6f);
            }
        }
    }

    [Fact]
    public void An_enlarged_map_is_reduced_to_values_it_has()
    {
        // Two columns enlarged to four take columns 0, 0, 1, 1.
        var restored = new float[2];
        Resampling.UndoNearest([1, 2, 3, 4], 1, 4, restored, 1, 2);
        Assert.Equal([2, 4], restored);
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(64, 128)]
    [InlineData(64, 497)]
    [InlineData(256, 240)]
    [InlineData(32, 16)]
    public void A_map_at_trainings_scale_is_restored_to_the_bit_as_reduced_masks_are(int side, int native)
    {
        var random = new Random(2);
        float[] map = [.. Enumerable.Range(0, side * side).Select(_ => random.NextSingle())];
        float[] expected = new float[native * native], restored = new float[native * native];
        Resampling.UndoNearest(map, side, side, expected, native, native);
        Resampling.Restore(map, side, side, restored, native, native, Placement(native, side));
        Assert.Equal(expected, restored);

        // Models of before the scale was noted have the offset alone, which tells as much of masks that were larger than the slices.
        Resampling.Restore(map, side, side, restored, native, native, Placement(native, side, isScaleKnown: native < side));
        Assert.Equal(expected, restored);
        Resampling.Restore(map, side, side, restored, native, native, null);
        Assert.Equal(expected, restored);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(1.5)]
    [InlineData(0.5)]
    public void A_map_is_restored_to_where_it_lies_at_any_other_scale(double trained)
    {
        // A stand-in for a network that sees discs. It has learnt how far reduced masks lie off them from two hundred of them: that is
        // measured here, not reckoned.
        const int side = 32;
        int trainedSide = (int)(side * trained);
        var random = new Random(3);
        double rows = 0, columns = 0;
        for (int disc = 0; disc < 200; disc++)
        {
            double y = 12 + (8 * random.NextDouble()), x = 12 + (8 * random.NextDouble());
            byte[] mask = [.. Disc(y, x, trainedSide, parts: 1).Select(value => (byte)value)];
            (double markedY, double markedX) = Middle(
                Array.ConvertAll(
                    Resampling.Nearest(new RaterMasks(1, trainedSide, trainedSide, mask), side, side).Pixels, value => (float)value),
                side);
            (rows, columns) = (rows + ((markedY - y) / 200), columns + ((markedX - x) / 200));
        }

        const double row = 14.3, column = 17.6;
        float[] map = Disc(row + rows, column + columns, side);
        foreach (double scale in new[] { 1, 2, 3, 8, 0.5 }.Where(scale => scale >= 1 || scale != trained))
        {
            int native = (int)(side * scale);
            float[] restored = new float[native * native];
            Resampling.Restore(map, side, side, restored, native, native, Placement(trainedSide, side));
            (double restoredRow, double restoredColumn) = Middle(restored, native);
            Assert.Equal(row, restoredRow, 0.1);
            Assert.Equal(column, restoredColumn, 0.1);
        }
    }

    [Fact]
    public void A_map_of_a_model_of_unreduced_slices_is_enlarged_about_its_middles()
    {
        // Each pixel covers two: places −¼, ¼, ¾, 1¼ of a row of two, the ends repeated.
        float[] restored = new float[4];
        Resampling.Restore([1, 3], 1, 2, restored, 1, 4, Placement(1, 1));
        Assert.Equal([1, 1.5f, 2.5f, 3], restored);

        // Two of four pixels lie on each: their mean.
        restored = new float[2];
        Resampling.Restore([1, 2, 5, 8], 1, 4, restored, 1, 2, Placement(1, 1));
        Assert.Equal([1.5f, 6.5f], restored);

        // After training on masks of twice the size a map lies ¼ before its slice: the pixels cover ¼ to 2¼ and 2¼ to the end of the four.
        Resampling.Restore([1, 2, 5, 8], 1, 4, restored, 1, 2, Placement(2, 1));
        Assert.Equal([((0.75f * 1) + 2 + (0.25f * 5)) / 2, ((0.75f * 5) + 8) / 1.75f], restored);
    }

    /// <summary>What a model knows that was trained on masks of one side.</summary>
    private static MapPlacement Placement(int native, int side, bool isScaleKnown = true)
    {
        TrainingCase[] cases = [new("a", [], new RaterMasks(1, native, native, new byte[native * native]))];
        MaskOffset offset = MaskOffset.Mean(TrainingCase.MaskSizes(cases), side, side);
        MaskScale? scale = isScaleKnown ? MaskScale.Common(TrainingCase.MaskSizes(cases), side, side) : null;
        return new(new(offset.Rows, scale?.Rows), new(offset.Columns, scale?.Columns));
    }

    /// <summary>
    /// A disc on a grid of this many pixels over a slice of 32: its middle and radius, 6.4, are those on the slice, from its corner.
    /// </summary>
    private static float[] Disc(double row, double column, int side, int parts = 8)
    {
        double size = 32.0 / side;
        var pixels = new float[side * side];
        for (int i = 0; i < pixels.Length * parts * parts; i++)
        {
            int pixel = i / (parts * parts), part = i % (parts * parts);
            double y = ((pixel / side) + (((part / parts) + 0.5) / parts)) * size,
                x = ((pixel % side) + (((part % parts) + 0.5) / parts)) * size;
            pixels[pixel] += ((y - row) * (y - row)) + ((x - column) * (x - column)) < 6.4 * 6.4 ? 1f / (parts * parts) : 0;
        }

        return pixels;
    }

    /// <summary>Where the middle of what is marked lies, on a slice of 32, from its corner.</summary>
    private static (double Row, double Column) Middle(float[] map, int side)
    {
        double sum = map.Sum(value => (double)value), size = 32.0 / side;
        return (
            map.Select((value, i) => value * ((i / side) + 0.5)).Sum() / sum * size,
            map.Select((value, i) => value * ((i % side) + 0.5)).Sum() / sum * size);
    }
}
