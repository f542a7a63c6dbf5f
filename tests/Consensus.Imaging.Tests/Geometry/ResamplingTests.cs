using Consensus.Imaging.Geometry;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Geometry;

/// <summary>
/// Expected values are derived by hand from position = (i + ½)·source/target − ½ (bilinear) and index = ⌊i·source/target⌋ (nearest).
/// </summary>
public sealed class ResamplingTests
{
    [Fact]
    public void Twice_as_many_columns_lie_at_quarters()
    {
        // The positions are −¼ (limited to 0), ¼, ¾ and 1¼ (limited to 1).
        var target = new float[4];
        Resampling.Bilinear([0f, 4f], 1, 2, target, 1, 4);
        Assert.Equal([0f, 1f, 3f, 4f], target);
    }

    [Fact]
    public void Half_as_many_rows_lie_between_two_without_antialiasing()
    {
        // The positions are ½ and 2½. For 4 → 1, the position is 1½, so the outer rows have no weight.
        var target = new float[2];
        Resampling.Bilinear([0f, 2f, 10f, 20f], 4, 1, target, 2, 1);
        Assert.Equal([1f, 15f], target);
        Resampling.Bilinear([100f, 2f, 10f, 100f], 4, 1, target.AsSpan(0, 1), 1, 1);
        Assert.Equal(6f, target[0]);
    }

    [Fact]
    public void Three_to_two_weighs_a_quarter()
    {
        // The positions are ¼ and 1¾.
        var target = new float[2];
        Resampling.Bilinear([0f, 10f, 50f], 1, 3, target, 1, 2);
        Assert.Equal([2.5f, 40f], target);
    }

    [Fact]
    public void A_reduced_side_has_the_mean_of_the_pixels_that_each_new_one_covers()
    {
        // 4 → 1: all four count, where bilinear gives (2 + 10)/2. 3 → 2: a new pixel covers one and a half, (0 + 10/2)/1.5 and
        // (10/2 + 50)/1.5. 5 → 2: two and a half, (1 + 2 + 4/2)/2.5 and (4/2 + 8 + 16)/2.5.
        Assert.Equal([8f], Antialiased([0f, 2f, 10f, 20f], 4, 1, 1, 1));
        Close([5 / 1.5f, 55 / 1.5f], Antialiased([0f, 10f, 50f], 1, 3, 1, 2));
        Close([5 / 2.5f, 26 / 2.5f], Antialiased([1f, 2f, 4f, 8f, 16f], 5, 1, 2, 1));

        static void Close(float[] expected, float[] found) =>
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void Stripes_that_are_too_fine_become_grey_and_not_black_or_white()
    {
        // A quarter as many pixels. Bilinear reads the second and third of four, which are all white.
        float[] stripes = [.. Enumerable.Range(0, 16).Select(i => i % 4 is 1 or 2 ? 1f : 0f)];
        var bilinear = new float[4];
        Resampling.Bilinear(stripes, 1, 16, bilinear, 1, 4);
        Assert.Equal([1f, 1f, 1f, 1f], bilinear);
        Assert.Equal([0.5f, 0.5f, 0.5f, 0.5f], Antialiased(stripes, 1, 16, 1, 4));
    }

    [Fact]
    public void Only_the_side_that_is_reduced_is_averaged()
    {
        // 4 columns become 2, with the means 1 and 15 in the first row and 101 and 115 in the second. 2 rows become 4, at quarters.
        Assert.Equal(
            [1f, 15f, 26f, 40f, 76f, 90f, 101f, 115f], Antialiased([0f, 2f, 10f, 20f, 100f, 102f, 110f, 120f], 2, 4, 4, 2));
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(6, 8)]
    [InlineData(7, 11)]
    public void Reduced_to_a_half_or_enlarged_it_is_bilinear(int height, int width)
    {
        var random = new Random(1);
        float[] source = [.. Enumerable.Range(0, 2 * 48).Select(_ => random.NextSingle())];
        var slice = new Slice(2, 6, 8, source);
        foreach ((int rows, int columns) in ((int, int)[])[(3, 4), (6 + height, 8 + width), (6, 8)])
        {
            Slice bilinear = Resampling.Bilinear(slice, rows, columns), antialiased = Resampling.Antialiased(slice, rows, columns);
            Assert.Equal(bilinear.Geometry.Affine, antialiased.Geometry.Affine);
            Assert.All(bilinear.Pixels.Zip(antialiased.Pixels), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        }
    }

    [Fact]
    public void Both_axes_multiply()
    {
        // From 2 × 2 values (0, 4 / 8, 12) to 4 × 4: value = 4·x + 8·y with x, y in 0, ¼, ¾, 1.
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
        // 2 columns of 3 mm become 4 columns of 1.5 mm. The outer edge stays at −1.5 mm, so the first centre moves to −0.75 mm.
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
        Assert.Throws<ArgumentOutOfRangeException>(() => Resampling.Antialiased(new Slice(1, 1, 1, [1]), 4, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Resampling.Nearest(new RaterMasks(1, 1, 1, [1]), 4, 0));
        Complaint.Expect<ArgumentException>(() => Resampling.Bilinear(new float[3], 2, 2, new float[4], 2, 2), "2×2", "3");
    }

    [Fact]
    public void A_reduced_map_comes_back_to_where_its_pixels_were_taken_from()
    {
        // The reduction from eight to four columns takes columns 0, 2, 4 and 6. The values are put back there, and halfway between two of
        // them is their mean.
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
                // The nearest rule of PyTorch: the scaled index, rounded down.
                int y = (int)MathF.Floor(row * ((float)native / reduced)), x = (int)MathF.Floor(column * ((float)native / reduced));
                Assert.Equal(map[(row * reduced) + column], restored[(y * native) + x], 1e-6f);
            }
        }
    }

    [Fact]
    public void An_enlarged_map_is_reduced_to_values_it_has()
    {
        // The enlargement from two to four columns takes columns 0, 0, 1 and 1.
        var restored = new float[2];
        Resampling.UndoNearest([1, 2, 3, 4], 1, 4, restored, 1, 2);
        Assert.Equal([2, 4], restored);
    }

    private static float[] Antialiased(float[] source, int sourceHeight, int sourceWidth, int height, int width)
    {
        var target = new float[height * width];
        Resampling.Antialiased(source, sourceHeight, sourceWidth, target, height, width);
        return target;
    }
}
