using Consensus.ML.Torch.OnePass;

namespace Consensus.ML.Tests.Torch.OnePass;

/// <summary>The targets of single kinds, derived by hand.</summary>
public sealed class TargetTests
{
    [Fact]
    public void Expertise_weighs_the_masks_and_a_missing_rater_counts_for_nothing()
    {
        // Two masks of two pixels, of the third and the first of three raters.
        float[] targets = new float[8], present = new float[4], inputs = new float[3];
        new ExpertiseTarget(3).Fill(new([1, 0, 1, 1], [2, 0], 2), [0.25f, 0.75f], new(targets, present, inputs, 2));
        Assert.Equal([1, 0.75f, 1, 1, 0, 0, 1, 0], targets);
        Assert.Equal([1, 1, 0, 1], present);
        Assert.Equal([0.75f, 0, 0.25f], inputs);
    }

    [Fact]
    public void Raters_count_equally_in_half_of_the_draws_and_one_of_them_alone_in_a_sixth()
    {
        var target = new ExpertiseTarget(4);
        var random = new Random(3);
        float[][] drawn = [.. Enumerable.Range(0, 1200).Select(_ => target.Draw(4, random))];
        Assert.All(drawn, weights => Assert.Equal(1, weights.Sum(), 1e-6f));

        // 600 and 200 are expected, with standard deviations of 17 and 13.
        Assert.InRange(drawn.Count(weights => weights.All(weight => weight == 0.25f)), 540, 660);
        Assert.InRange(drawn.Count(weights => weights.Contains(1)), 150, 250);

        // Any of them: 50 each, with a deviation of 7.
        Assert.All(Enumerable.Range(0, 4), rater => Assert.InRange(drawn.Count(weights => weights[rater] == 1), 25, 80));
    }

    [Fact]
    public void The_crop_of_training_is_the_majority_with_a_frame_of_its_own_at_each_side()
    {
        // 10 rows of 20 columns. Two of three raters marked rows 4 and 5 of column 7; one marked a pixel elsewhere.
        byte[] masks = new byte[3 * 200];
        foreach (int rater in new[] { 0, 2 })
        {
            masks[(rater * 200) + 87] = masks[(rater * 200) + 107] = 1;
        }

        masks[0] = 1;

        // The widest frame is 4 rows and 8 columns; shares of it are 0, 1/2, 1/4 and 1, and the last reaches the edge of the slice.
        Assert.Equal([4, 3, 7, 16], Box(masks, [0, 0.5f, 0.25f, 1]));
        Assert.Equal([2, 0, 10, 8], Box(masks, [0.5f, 1, 1, 0]));
        Assert.Equal([0, 0, 10, 20], Box(new byte[600], [0, 0, 0, 0]));

        static float[] Box(byte[] masks, float[] drawn)
        {
            float[] box = new float[4];
            new CroppedMajorityTarget(10, 20, margin: 0.4).Fill(
                new(masks, [0, 1, 2], 200), drawn, new(new float[200], new float[1], box, 200));
            return box;
        }
    }
}
