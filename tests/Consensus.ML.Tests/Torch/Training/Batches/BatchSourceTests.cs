using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Batches;

public sealed class BatchSourceTests
{
    // Three raters on four pixels: votes 3, 2, 1, 0.
    private static readonly byte[] Masks = [1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0];

    [Fact]
    public void Consensus_targets_are_the_pixels_with_enough_votes_and_levels_come_once_each()
    {
        using var scope = NewDisposeScope();
        TrainingBatch batch = Source(TrainingTarget.Consensus, pairs: 3).Draw(0)(CPU);

        long[] levels = batch.Levels!.data<long>().ToArray();
        Assert.Equal([1, 2, 3], levels.Order());
        float[] starts = batch.Starts.data<float>().ToArray();
        for (int pair = 0; pair < 3; pair++)
        {
            // Votes fall from 3 to 0 along the pixels, so level c marks the first 4 − c.
            float[] expected = [.. Enumerable.Range(0, 4).Select(pixel => pixel < 4 - levels[pair] ? 1f : -1f)];
            Assert.Equal(expected, starts[(pair * 4)..((pair * 4) + 4)]);
        }
    }

    [Fact]
    public void Annotator_targets_are_the_masks_themselves_and_only_annotator_is_told_whose()
    {
        using var scope = NewDisposeScope();
        TrainingBatch told = Source(TrainingTarget.Annotator, pairs: 1).Draw(4)(CPU),
            untold = Source(TrainingTarget.AnyAnnotator, pairs: 1).Draw(4)(CPU);

        long rater = told.Levels!.item<long>();
        float[] expected = [.. Masks.AsSpan((int)(rater - 1) * 4, 4).ToArray().Select(value => (2f * value) - 1)];
        Assert.Equal(expected, told.Starts.data<float>().ToArray());
        Assert.Equal(expected, untold.Starts.data<float>().ToArray());
        Assert.Null(untold.Levels);
    }

    [Fact]
    public void The_soft_label_is_the_share_of_raters()
    {
        using var scope = NewDisposeScope();
        TrainingBatch batch = Source(TrainingTarget.SoftLabel, pairs: 1).Draw(0)(CPU);
        Assert.Null(batch.Levels);
        Assert.All(
            new[] { 1f, 1 / 3f, -1 / 3f, -1f }.Zip(batch.Starts.data<float>().ToArray()),
            pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void Levels_of_a_case_with_another_number_of_raters_are_shares_of_those_there_are()
    {
        // Two raters, votes 2, 1, 1, 0, and three levels. A third and two thirds of two raters need one vote and two. The whole needs two.
        using var scope = NewDisposeScope();
        var pair = new TrainingCase("pair", [1, 2, 3, 4], new RaterMasks(2, 2, 2, [1, 1, 0, 0, 1, 0, 1, 0]));
        TrainingBatch batch = Source(TrainingTarget.Consensus, pairs: 3, cases: [pair]).Draw(0)(CPU);
        long[] levels = batch.Levels!.data<long>().ToArray();
        Assert.Equal([1, 2, 3], levels.Order());
        float[] starts = batch.Starts.data<float>().ToArray();
        for (int at = 0; at < 3; at++)
        {
            Assert.Equal(levels[at] == 1 ? [1f, 1, 1, -1] : [1f, -1, -1, -1], starts[(at * 4)..((at * 4) + 4)]);
        }

        Assert.Equal([1f, 0, 0, -1], Source(TrainingTarget.SoftLabel, pairs: 1, cases: [pair]).Draw(0)(CPU).Starts.data<float>().ToArray());
    }

    [Fact]
    public void Annotators_are_drawn_among_those_who_drew_the_case()
    {
        // The first rater is missing. The two masks are the third rater's and the second's.
        using var scope = NewDisposeScope();
        byte[][] masks = [[1, 1, 0, 0], [0, 0, 0, 1]];
        var pair = new TrainingCase("pair", [1, 2, 3, 4], new RaterMasks(2, 2, 2, [.. masks[0], .. masks[1]])) { Raters = [2, 1] };
        TrainingBatch told = Source(TrainingTarget.Annotator, pairs: 4, cases: [pair]).Draw(0)(CPU);
        TrainingBatch untold = Source(TrainingTarget.AnyAnnotator, pairs: 4, cases: [pair]).Draw(0)(CPU);
        long[] raters = told.Levels!.data<long>().ToArray();
        Assert.Equal([2, 2, 3, 3], raters.Order());
        float[] expected = [.. raters.SelectMany(rater => masks[3 - rater].Select(value => (2f * value) - 1))];
        Assert.Equal(expected, told.Starts.data<float>().ToArray());
        Assert.Equal(expected, untold.Starts.data<float>().ToArray());
    }

    [Fact]
    public void Cases_with_few_and_many_raters_come_in_one_batch()
    {
        using var scope = NewDisposeScope();
        TrainingCase[] cases = [.. new[] { 1, 2, 32 }.Select(raters =>
            new TrainingCase($"{raters}", [1, 2, 3, 4], new RaterMasks(raters, 2, 2, [.. Enumerable.Repeat((byte)1, raters * 4)])))];
        foreach (TrainingTarget target in Enum.GetValues<TrainingTarget>())
        {
            // Everybody marks everything, so every target marks everything too.
            Assert.All(
                Source(target, pairs: 2, batch: 3, cases: cases).Draw(0)(CPU).Starts.data<float>().ToArray(),
                value => Assert.Equal(1f, value));
        }
    }

    [Fact]
    public void A_step_draws_the_same_whatever_was_drawn_before()
    {
        using var scope = NewDisposeScope();
        BatchSource fresh = Source(TrainingTarget.Consensus, pairs: 2, batch: 2),
            used = Source(TrainingTarget.Consensus, pairs: 2, batch: 2);
        used.Draw(0);
        used.Draw(5);

        TrainingBatch a = fresh.Draw(3)(CPU), b = used.Draw(3)(CPU), other = used.Draw(4)(CPU);

        Assert.Equal(a.Steps.data<long>().ToArray(), b.Steps.data<long>().ToArray());
        Assert.Equal(a.Starts.data<float>().ToArray(), b.Starts.data<float>().ToArray());
        Assert.NotEqual(a.Steps.data<long>().ToArray(), other.Steps.data<long>().ToArray());
    }

    [Theory]
    [InlineData(0, 49.5)]
    [InlineData(1, 66.2)]
    [InlineData(9, 90.4)]
    public void Times_follow_the_power(double power, double mean)
    {
        using var scope = NewDisposeScope();
        BatchSource source = Source(TrainingTarget.SoftLabel, pairs: 4000, power: power);
        long[] times = source.Draw(0)(CPU).Steps.data<long>().ToArray();

        Assert.All(times, time => Assert.InRange(time, 0, 99));

        // The mean of a density ∝ t^p over [0, 100) is 100·(p + 1)/(p + 2). Rounding down takes away half. With 4000 draws, the mean is
        // known to about 0.5.
        Assert.Equal(mean, times.Average(), 2.0);
    }

    private static BatchSource Source(
        TrainingTarget target,
        int pairs,
        int batch = 1,
        double power = 0,
        IReadOnlyList<TrainingCase>? cases = null)
    {
        var description = new ModelDescription
        {
            Height = 2,
            Width = 2,
            ImageChannels = 1,
            Levels = 3,
            Target = target,
            Network = new NetworkOptions(),
            Diffusion = new DiffusionOptions(),
        };
        var options = new TrainingOptions { BatchSize = batch, PairsPerImage = pairs, TimePower = power };
        var masks = new RaterMasks(3, 2, 2, Masks);
        return new(
            description, options, null, [0f], 7,
            cases ?? [new TrainingCase("case01", [1, 2, 3, 4], masks), new TrainingCase("case02", [1, 2, 3, 4], masks)]);
    }
}
