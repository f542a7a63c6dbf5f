using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Loop;
using static TorchSharp.torch;
using InterpolationMode = Consensus.Imaging.Augmentation.InterpolationMode;

namespace Consensus.ML.Tests.Torch.Models;

public sealed class MirroringTests
{
    private static readonly SamplingOptions Linear = new(), Cubic = new() { MirrorInterpolation = InterpolationMode.Cubic };

    [Theory]
    [InlineData(64, 0)]
    [InlineData(128, -0.25)]
    [InlineData(256, -0.375)]
    [InlineData(96, -1.0 / 3)]
    public void Masks_reduced_by_the_nearest_pixel_lie_up_to_half_a_pixel_off(int side, double expected)
    {
        // Of every two (four) pixels, the first is taken. Its middle lies ¼ (⅜) of a reduced pixel before the middle of the reduced pixel.
        // When three become two, the first and the second are taken: −⅙ and −½.
        TrainingCase[] cases = [new("a", [], new RaterMasks(1, side, 64, new byte[side * 64]))];
        MaskOffset offset = MaskOffset.Mean(TrainingCase.MaskSizes(cases), 64, 64);
        Assert.Equal(expected, offset.Rows, 1e-12);
        Assert.Equal(0, offset.Columns, 1e-12);
    }

    [Fact]
    public void Views_are_those_that_augmentation_showed()
    {
        Assert.Equal([Mirrored.No, Mirrored.Columns, Mirrored.Rows, Mirrored.Columns | Mirrored.Rows], Views(new AugmentationPolicy()));
        Assert.Equal([Mirrored.No, Mirrored.Columns], Views(new AugmentationPolicy { VerticalFlip = 0 }));
        Assert.Equal([Mirrored.No, Mirrored.Rows], Views(new AugmentationPolicy { HorizontalFlip = 0 }));
        Assert.Equal([Mirrored.No], Views(null));

        static IEnumerable<Mirrored> Views(AugmentationPolicy? policy) => Mirroring.LearnedFrom(policy, MaskOffset.None).Views;
    }

    [Fact]
    public void A_mirrored_image_is_moved_by_twice_the_masks_offset()
    {
        using var scope = NewDisposeScope();
        Tensor image = tensor(new float[] { 1, 2, 4, 8, 10, 20, 40, 80 }).view(1, 1, 2, 4);
        var mirroring = new Mirroring(Mirrored.Rows | Mirrored.Columns, new(0, -0.25));

        // Mirrored, the row is 8 4 2 1. Then each value moves halfway to its right neighbour, and the last value repeats itself.
        Assert.Equal([6, 3, 1.5f, 1, 60, 30, 15, 10], mirroring.View(image, Mirrored.Columns, Linear).data<float>());
        Assert.Equal([10, 20, 40, 80, 1, 2, 4, 8], mirroring.View(image, Mirrored.Rows, Linear).data<float>());
        Assert.Equal(image.data<float>(), mirroring.View(image, Mirrored.No, Linear).data<float>());

        // By cubic convolution, a value halfway between two is 9/16 of both less 1/16 of the next ones. The first value comes twice, and
        // the last one three times.
        Assert.Equal(
            [((9 * (8 + 4)) - 8 - 2) / 16f, ((9 * (4 + 2)) - 8 - 1) / 16f, ((9 * (2 + 1)) - 4 - 1) / 16f, ((9 * (1 + 1)) - 2 - 1) / 16f],
            mirroring.View(image, Mirrored.Columns, Cubic).data<float>().Take(4));
        Assert.Equal(
            image.data<float>(),
            Mirroring.Flip(Mirroring.Flip(image, Mirrored.Rows | Mirrored.Columns), Mirrored.Rows | Mirrored.Columns).data<float>());
    }

    [Theory]
    [InlineData(-0.25, InterpolationMode.Linear)]
    [InlineData(-0.25, InterpolationMode.Cubic)]
    [InlineData(-0.375, InterpolationMode.Cubic)]
    [InlineData(-0.504, InterpolationMode.Cubic)]
    [InlineData(0.25, InterpolationMode.Cubic)]
    [InlineData(1, InterpolationMode.Cubic)]
    public void What_is_drawn_off_a_view_lies_mirrored_back_where_it_lies_off_the_image(double offset, InterpolationMode interpolation)
    {
        // A model that draws at each pixel what it sees so far from it, as a model does after learning from reduced masks. The image rises
        // evenly, so that no interpolation is wrong inside it.
        using var scope = NewDisposeScope();
        var sampling = new SamplingOptions { MirrorInterpolation = interpolation };
        Tensor image = TensorArithmetic.Range(0, 12, ScalarType.Float32, CPU).view(1, 1, 1, 12);
        AssertSamePlace(image, Mirrored.Columns, new(0, offset));
        AssertSamePlace(image.transpose(2, 3), Mirrored.Rows, new(offset, 0));

        void AssertSamePlace(Tensor seen, Mirrored view, MaskOffset masks)
        {
            int axis = view == Mirrored.Rows ? 2 : 3;
            float[] back = Values(Mirroring.Flip(Draw(new Mirroring(view, masks).View(seen, view, sampling), axis), view)),
                direct = Values(Draw(seen, axis));
            Assert.All(direct[3..^3].Zip(back[3..^3]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            Assert.Equal(5 + offset, direct[5], 1e-5);
        }

        Tensor Draw(Tensor shown, int axis)
        {
            long length = shown.shape[axis];
            Tensor neighbour = offset < 0
                ? cat([shown.narrow(axis, 0, 1), shown.narrow(axis, 0, length - 1)], axis)
                : cat([shown.narrow(axis, 1, length - 1), shown.narrow(axis, length - 1, 1)], axis);
            return neighbour.Times(Math.Abs(offset)).Plus(shown.Times(1 - Math.Abs(offset)));
        }

        static float[] Values(Tensor maps) => [.. maps.contiguous().data<float>()];
    }

    [Fact]
    public void The_second_generation_sees_the_image_mirrored_and_its_map_is_mirrored_back()
    {
        // A few steps of training, because a new network draws nothing yet.
        var options = new TrainingOptions { Steps = 5, BatchSize = 2, LearningRate = 1e-2, ValidationFraction = 0 };
        using ConsensusModel model = new ConsensusTrainer(Discs.Description(), options, null, [0f], seed: 3, CPU)
            .Train(Discs.Cases(2), null, null, CancellationToken.None).Model;
        var mirroring = new Mirroring(Mirrored.Columns, MaskOffset.None);
        float[] image = Discs.Cases(1)[0].Features, mirrored = Flipped(image);
        var one = new SamplingOptions { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 2 };
        SamplingOptions two = one with { Generations = 2 };

        // The second generation's map of the mirrored image is found by subtracting the first map from the mean.
        float[] first = Maps(image, one), firstOfMirrored = Maps(mirrored, one), meanOfMirrored = Maps(mirrored, two);
        float[] second = Flipped([.. meanOfMirrored.Zip(firstOfMirrored, (mean, sample) => (2 * mean) - sample)]);
        float[] expected = [.. first.Zip(second, (a, b) => (a + b) / 2)];
        float[] actual = model.Predict(image, two with { Mirror = true }, 5, mirroring).ConsensusMaps;
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.NotEqual(Maps(image, two), actual);

        // Early averaging takes the same turns. Without axes to mirror, the option changes nothing.
        Assert.All(
            expected.Zip(model.Predict(image, two with { Mirror = true, Tolerance = 1e-9 }, 5, mirroring).ConsensusMaps),
            pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.Equal(Maps(image, two), model.Predict(image, two with { Mirror = true }, 5, Mirroring.None).ConsensusMaps);

        float[] Maps(float[] features, SamplingOptions sampling) => model.Predict(features, sampling, 5, mirroring).ConsensusMaps;

        static float[] Flipped(float[] maps) => [.. maps.Chunk(Discs.Side).SelectMany(row => row.Reverse())];
    }
}
