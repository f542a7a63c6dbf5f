using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.OnePass;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Objectives;

/// <summary>The loss of one-pass U-Nets and the maps made from their outputs, derived by hand.</summary>
public sealed class UNetArithmeticTests
{
    // Two images, two heads, 1×2 pixels. A logit of ln 3 is the probability 3/4, and a logit of 0 is one half.
    private static readonly float Three = MathF.Log(3);
    private static readonly float[] Logits = [Three, 0, 0, 0, -Three, 0, Three, Three], Truth = [1, 0, 1, 1, 0, 1, 0, 0.5f];

    [Fact]
    public void The_loss_is_the_mean_cross_entropy_of_the_heads_that_have_a_target()
    {
        // The mean over the two pixels of each head. A soft target of one half counts for both classes.
        double half = Math.Log(2), right = -Math.Log(0.75), wrong = -Math.Log(0.25);
        double[] heads = [(right + half) / 2, half, (right + half) / 2, (wrong + ((right + wrong) / 2)) / 2];
        Assert.Equal(heads.Average(), Loss(null, 0), 1e-6);

        // The second head of the first image is missing. Its other head counts alone, and as much as the second image.
        Assert.Equal((heads[0] + ((heads[2] + heads[3]) / 2)) / 2, Loss([1, 0, 1, 1], 0), 1e-6);
    }

    [Fact]
    public void The_soft_Dice_loss_is_added_with_its_weight_for_each_head()
    {
        // 1 − (Σ p + Σ t − Σ |p − t| + 1) / (Σ p + Σ t + 1). Of the last head, t is 0 and 0.5 and p is 0.75 twice: Σ |p − t| is 1.
        double[] dice = [1 - (2.5 / 3.25), 1 - (3.0 / 4), 1 - (2.0 / 2.75), 1 - (2.0 / 3)];
        Assert.Equal(0.4 * dice.Average(), Loss(null, 0.4) - Loss(null, 0), 1e-6);
        Assert.Equal(0.4 * (dice[0] + ((dice[2] + dice[3]) / 2)) / 2, Loss([1, 0, 1, 1], 0.4) - Loss([1, 0, 1, 1], 0), 1e-6);
    }

    [Fact]
    public void Levels_are_given_as_they_are_and_rounded_for_the_soft_map()
    {
        ConsensusPrediction rounded = Reduce(MapMeaning.Levels, rounded: true), plain = Reduce(MapMeaning.Levels, rounded: false);

        // Two maps of four pixels: 0.9 0.6 0.5 0.1 and 0.8 0.2 0.3 0.2. One half is not above one half.
        Assert.Equal([1, 0.5f, 0, 0], rounded.SoftMap);
        AssertClose([0.85f, 0.4f, 0.4f, 0.15f], plain.SoftMap);
        Assert.Equal([0.9f, 0.6f, 0.5f, 0.1f, 0.8f, 0.2f, 0.3f, 0.2f], rounded.ConsensusMaps);

        // Half of the difference, whether the soft map is rounded or not.
        AssertClose([0.05f, 0.2f, 0.1f, 0.05f], rounded.Uncertainty);
        AssertClose([0.05f, 0.2f, 0.1f, 0.05f], plain.Uncertainty);
        Assert.Equal(rounded.ConsensusMaps, rounded.Samples);
        Assert.Null(MapReduction.Reduce(tensor(new float[] { 1 }).view(1, 1, 1), MapMeaning.SoftMaps, 1, rounded: false).Samples);
    }

    [Fact]
    public void The_levels_of_heads_are_their_maps_by_size_at_each_pixel()
    {
        ConsensusPrediction heads = Reduce(MapMeaning.Raters, rounded: false);
        AssertClose([0.85f, 0.4f, 0.4f, 0.15f], heads.SoftMap);
        Assert.Equal([0.9f, 0.6f, 0.5f, 0.2f, 0.8f, 0.2f, 0.3f, 0.1f], heads.ConsensusMaps);
    }

    [Fact]
    public void The_levels_of_a_soft_map_are_its_slabs()
    {
        using var scope = NewDisposeScope();
        ConsensusPrediction one = MapReduction.Reduce(
            tensor(new float[] { 0, 0.25f, 0.5f, 0.8f }).view(1, 2, 2), MapMeaning.SoftMaps, levels: 2, rounded: false);
        AssertClose([0, 0.25f, 0.5f, 0.8f], one.SoftMap);
        AssertClose([0, 0.5f, 1, 1, 0, 0, 0, 0.6f], one.ConsensusMaps);
        Assert.Equal([0, 0, 0, 0], one.Uncertainty);
    }

    private static ConsensusPrediction Reduce(MapMeaning meaning, bool rounded)
    {
        using var scope = NewDisposeScope();
        return MapReduction.Reduce(
            tensor(new float[] { 0.9f, 0.6f, 0.5f, 0.1f, 0.8f, 0.2f, 0.3f, 0.2f }).view(2, 2, 2),
            meaning, levels: 2, rounded, keepSamples: true);
    }

    private static double Loss(float[]? present, double dice)
    {
        using var scope = NewDisposeScope();
        return OnePassLosses.CrossEntropyAndDice(
            tensor(Logits).view(2, 2, 1, 2), tensor(Truth).view(2, 2, 1, 2), present is null ? null : tensor(present).view(2, 2), dice)
            .item<float>();
    }

    private static void AssertClose(float[] expected, float[] actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
}
