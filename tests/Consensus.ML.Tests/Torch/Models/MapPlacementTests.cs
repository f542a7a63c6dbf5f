using Consensus.Imaging;
using Consensus.Imaging.Geometry;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Tests.Torch.Models;

/// <summary>Maps of a model are brought to the size of an image so that they lie where the masks lie.</summary>
public sealed class MapPlacementTests
{
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

        // Models from before the scale was saved have only the offset. For masks that were larger than the slices, that says as much.
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
        // A stand-in for a network that sees discs. From two hundred of them it has learnt how far reduced masks are moved. That distance
        // is measured here, not calculated.
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
        // Each pixel covers two. The places in a row of two are −¼, ¼, ¾, 1¼, and the ends are repeated.
        float[] restored = new float[4];
        Resampling.Restore([1, 3], 1, 2, restored, 1, 4, Placement(1, 1));
        Assert.Equal([1, 1.5f, 2.5f, 3], restored);

        // Each pixel covers two of four pixels, and is their mean.
        restored = new float[2];
        Resampling.Restore([1, 2, 5, 8], 1, 4, restored, 1, 2, Placement(1, 1));
        Assert.Equal([1.5f, 6.5f], restored);

        // After training on masks of twice the size, a map lies ¼ before its slice. The pixels cover ¼ to 2¼, and 2¼ to the end of the
        // four.
        Resampling.Restore([1, 2, 5, 8], 1, 4, restored, 1, 2, Placement(2, 1));
        Assert.Equal([((0.75f * 1) + 2 + (0.25f * 5)) / 2, ((0.75f * 5) + 8) / 1.75f], restored);
    }

    /// <summary>The placement of a model that was trained on masks of one side.</summary>
    private static MapPlacement Placement(int native, int side, bool isScaleKnown = true)
    {
        TrainingCase[] cases = [new("a", [], new RaterMasks(1, native, native, new byte[native * native]))];
        MaskOffset offset = MaskOffset.Mean(TrainingCase.MaskSizes(cases), side, side);
        MaskScale? scale = isScaleKnown ? MaskScale.Common(TrainingCase.MaskSizes(cases), side, side) : null;
        return new(new(offset.Rows, scale?.Rows), new(offset.Columns, scale?.Columns));
    }

    /// <summary>
    /// A disc on a grid of this many pixels over a slice of 32. Its middle and its radius, 6.4, are in pixels of that slice, from its
    /// corner.
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

    /// <summary>The middle of the marked pixels, on a slice of 32, from its corner.</summary>
    private static (double Row, double Column) Middle(float[] map, int side)
    {
        double sum = map.Sum(value => (double)value), size = 32.0 / side;
        return (
            map.Select((value, i) => value * ((i / side) + 0.5)).Sum() / sum * size,
            map.Select((value, i) => value * ((i % side) + 0.5)).Sum() / sum * size);
    }
}
