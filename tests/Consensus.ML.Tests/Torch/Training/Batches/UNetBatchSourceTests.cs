using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Training.Batches;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Batches;

/// <summary>
/// The training targets of each kind of one-pass U-Net, derived by hand: three raters on four pixels, with the votes 3, 2, 1 and 0.
/// </summary>
public sealed class UNetBatchSourceTests
{
    private static readonly byte[][] Masks = [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]];
    private static readonly TrainingCase Whole = Case("whole", [0, 1, 2], Masks);

    // The first rater has not drawn it, and the masks of the others come in another order.
    private static readonly TrainingCase Pair = Case("pair", [2, 1], [[0, 0, 0, 1], [1, 1, 0, 0]]);

    [Fact]
    public void Levels_are_the_pixels_with_enough_votes()
    {
        Assert.Equal([1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0], Targets(UNetKind.Levels, Whole));

        // Two raters with the votes 1, 1, 0, 1. A third needs one vote. Two thirds and the whole need both.
        Assert.Equal([1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], Targets(UNetKind.Levels, Pair));
    }

    [Fact]
    public void The_majority_is_more_than_half_and_a_tie_is_background()
    {
        Assert.Equal([1, 1, 0, 0], Targets(UNetKind.MajorityVote, Whole));
        Assert.Equal([0, 0, 0, 0], Targets(UNetKind.MajorityVote, Pair));
    }

    [Fact]
    public void The_soft_label_is_the_share_of_those_who_drew()
    {
        Assert.Equal([1, 2 / 3f, 1 / 3f, 0], Targets(UNetKind.SoftLabel, Whole));
        Assert.Equal([0.5f, 0.5f, 0, 0.5f], Targets(UNetKind.SoftLabel, Pair));
    }

    [Fact]
    public void A_head_gets_the_mask_of_its_rater_and_no_say_where_there_is_none()
    {
        using var scope = NewDisposeScope();
        UNetBatch whole = Source(UNetKind.MultiHead, [Whole]).Draw(0)(CPU), pair = Source(UNetKind.MultiHead, [Pair]).Draw(0)(CPU);
        Assert.Equal([1, 3, 2, 2], whole.Targets.shape);
        Assert.Equal([1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0], whole.Targets.data<float>().ToArray());
        Assert.Equal([1, 1, 1], whole.Present!.data<float>().ToArray());
        Assert.Equal([0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1], pair.Targets.data<float>().ToArray());
        Assert.Equal([0, 1, 1], pair.Present!.data<float>().ToArray());
    }

    [Theory]
    [InlineData("LabelSampling")]
    [InlineData("MonteCarloDropout")]
    public void One_rater_is_drawn_anew_at_each_step_and_each_as_often(string kind)
    {
        UNetBatchSource source = Source(Enum.Parse<UNetKind>(kind), [Whole]);
        var counts = new int[3];
        for (int step = 0; step < 300; step++)
        {
            using var scope = NewDisposeScope();
            float[] drawn = source.Draw(step)(CPU).Targets.data<float>().ToArray();
            int rater = Array.FindIndex(Masks, mask => mask.Select(value => (float)value).SequenceEqual(drawn));
            Assert.True(rater >= 0, string.Join(' ', drawn));
            counts[rater]++;
        }

        // A hundred of each are expected, with a standard deviation of 8.
        Assert.All(counts, count => Assert.InRange(count, 68, 132));
    }

    [Fact]
    public void A_step_draws_the_same_whatever_was_drawn_before_and_its_images_are_those_of_the_diffusion_model()
    {
        using var scope = NewDisposeScope();
        UNetBatchSource fresh = Source(UNetKind.LabelSampling, [Whole, Pair], batch: 3),
            used = Source(UNetKind.LabelSampling, [Whole, Pair], batch: 3);
        used.Draw(0);
        used.Draw(7);
        UNetBatch a = fresh.Draw(3)(CPU), b = used.Draw(3)(CPU);
        Assert.Equal(a.Images.data<float>().ToArray(), b.Images.data<float>().ToArray());
        Assert.Equal(a.Targets.data<float>().ToArray(), b.Targets.data<float>().ToArray());

        var diffusion = new ModelDescription
        {
            Height = 2,
            Width = 2,
            ImageChannels = 1,
            Levels = 3,
            Target = TrainingTarget.SoftLabel,
            Network = new(),
            Diffusion = new(),
        };
        Tensor images = new BatchSource(diffusion, new() { BatchSize = 3 }, null, [0f], 7, [Whole, Pair]).Draw(3)(CPU).Images;
        Assert.Equal(images.data<float>().ToArray(), a.Images.data<float>().ToArray());
    }

    private static float[] Targets(UNetKind kind, TrainingCase one)
    {
        using var scope = NewDisposeScope();
        UNetBatch batch = Source(kind, [one]).Draw(0)(CPU);
        Assert.Null(batch.Present);
        return batch.Targets.data<float>().ToArray();
    }

    private static TrainingCase Case(string name, int[] raters, byte[][] masks) =>
        new(name, [1, 2, 3, 4], new RaterMasks(masks.Length, 2, 2, [.. masks.SelectMany(mask => mask)])) { Raters = raters };

    private static UNetBatchSource Source(UNetKind kind, IReadOnlyList<TrainingCase> cases, int batch = 1)
    {
        var description = new UNetDescription
        {
            Height = 2,
            Width = 2,
            ImageChannels = 1,
            Levels = 3,
            Kind = kind,
            Rounded = false,
            PassDropout = 0.5,
            Network = new NetworkOptions(),
        };
        return new(description, description.Variant().Target, new() { BatchSize = batch }, null, [0f], 7, cases);
    }
}
