using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.OnePass;

/// <summary>FPM (Zhou et al. 2017): crops, and when the passes end, derived by hand.</summary>
public sealed class FixedPointTests
{
    [Fact]
    public void Passes_end_where_two_masks_agree()
    {
        // Masks of 4, 3, 4 and 4 pixels. The Dice of the first two is 2·3/7 = 0.857, that of the second and third too, and that of the
        // third and fourth 1.
        string[] masks = ["11110", "11100", "11101", "11101", "00011"];
        Assert.Equal("3: 11101", Run(masks, agreement: 0.95, most: 10));
        Assert.Equal("1: 11100", Run(masks, agreement: 0.85, most: 10));
        Assert.Equal("2: 11101", Run(masks, agreement: 0.95, most: 2));

        // A Dice of exactly the agreement, here 2·1/(3 + 1), is not above it.
        string[] halves = ["111", "100", "111"];
        Assert.Equal("2: 111", Run(halves, agreement: 0.5, most: 2));
        Assert.Equal("1: 100", Run(halves, agreement: 0.49, most: 2));
    }

    [Fact]
    public void Nothing_to_crop_ends_the_passes()
    {
        Assert.Equal("0: 000", Run(["000", "010"], agreement: 0.95, most: 10));

        // A pass that finds nothing is not believed.
        Assert.Equal("1: 010", Run(["010", "000"], agreement: 0.95, most: 10));
    }

    [Fact]
    public void The_box_is_that_of_the_mask_with_a_frame_inside_the_slice()
    {
        using var scope = NewDisposeScope();
        Tensor masks = zeros(2, 1, 10, 20);
        masks[0, 0, 3, 5] = 1;
        masks[0, 0, 6, 2] = 1;
        masks[1, 0, 9, 19] = 1;
        Assert.Equal([3, 2, 7, 6, 9, 19, 10, 20], Crops.Around(masks, 0).data<float>().ToArray());

        // A tenth is one row and two columns.
        Assert.Equal([2, 0, 8, 8, 8, 17, 10, 20], Crops.Around(masks, 0.1).data<float>().ToArray());
    }

    [Fact]
    public void A_crop_is_the_box_scaled_to_the_slice_and_goes_back_where_it_was()
    {
        using var scope = NewDisposeScope();
        Tensor image = TensorArithmetic.Range(0, 16, ScalarType.Float32, CPU).view(1, 1, 4, 4),
            box = tensor(new float[] { 1, 1, 3, 3 }).view(1, 4);

        // The box holds 5 6 / 9 10. Enlarged twice, pixel centres lie at −1/4, 1/4, 3/4 and 5/4 of the way between its pixels.
        float[] way = [0, 0.25f, 0.75f, 1];
        Assert.Equal(
            way.SelectMany(down => way.Select(right => 5 + right + (4 * down))), Crops.Take(image, box).data<float>().ToArray());

        // Back again, each pixel of the box lies between two of the crop, at 0.5 and 2.5 of its sides.
        Tensor map = TensorArithmetic.Range(0, 16, ScalarType.Float32, CPU).view(1, 1, 4, 4);
        float[] put = Crops.Put(map, box).data<float>().ToArray();
        Assert.Equal([2.5f, 4.5f, 10.5f, 12.5f], new[] { 5, 6, 9, 10 }.Select(pixel => put[pixel]));
        Assert.Equal(12, put.Count(value => value == (float)Crops.Outside));

        // The whole slice is its own crop.
        Tensor whole = tensor(new float[] { 0, 0, 4, 4 }).view(1, 4);
        Assert.Equal(image.data<float>().ToArray(), Crops.Take(image, whole).data<float>().ToArray());
        Assert.Equal(image.data<float>().ToArray(), Crops.Put(image, whole).data<float>().ToArray());
    }

    /// <summary>How many passes were made, and the mask at the end. Each pass must get the mask of the pass before it.</summary>
    private static string Run(string[] masks, double agreement, int most)
    {
        using var scope = NewDisposeScope();
        int pass = 0;
        Tensor found = FixedPointVariant.Iterate(
            Logits(masks[0]),
            mask =>
            {
                Assert.Equal(masks[pass], Text(mask));
                return Logits(masks[++pass]);
            },
            agreement,
            most);
        return $"{pass}: {Text(found.sigmoid().round())}";

        static Tensor Logits(string mask) => tensor(mask.Select(pixel => pixel == '1' ? 2f : -2f).ToArray()).view(1, 1, 1, -1);
        static string Text(Tensor mask) => string.Concat(mask.data<float>().ToArray().Select(pixel => pixel > 0 ? '1' : '0'));
    }
}
