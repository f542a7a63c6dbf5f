using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Models;

/// <summary>Hand-derived maps from hand-made samples: 2 generations × 2 levels × 1×3 pixels.</summary>
public sealed class SampleReductionTests
{
    // Generation 0: level 1 = 1, 1, 0.2; level 2 = 0.4, 0, 0. Generation 1: level 1 = 1, 0, 0.4; level 2 = 0.8, 0.2, 0.
    private static readonly float[] Samples = [1, 1, 0.2f, 0.4f, 0, 0, 1, 0, 0.4f, 0.8f, 0.2f, 0];

    [Fact]
    public void Consensus_rounds_each_levels_mean_with_ties_down_and_keeps_the_unrounded_levels()
    {
        ConsensusPrediction prediction = Reduce(TrainingTarget.Consensus);

        // Means: level 1 = 1, 0.5 (a tie), 0.3; level 2 = 0.6, 0.1, 0. Rounded: 1, 0, 0 and 1, 0, 0.
        AssertEqual([1, 0, 0], prediction.SoftMap);
        AssertEqual([1, 0.5f, 0.3f, 0.6f, 0.1f, 0], prediction.ConsensusMaps);

        // Unrounded soft maps of the generations: 0.7, 0.5, 0.1 and 0.9, 0.1, 0.2. The population deviation of two values is half of their
        // difference.
        AssertEqual([0.1f, 0.2f, 0.05f], prediction.Uncertainty);
    }

    [Theory]
    [InlineData(TrainingTarget.Annotator)]
    [InlineData(TrainingTarget.AnyAnnotator)]
    public void Raters_are_ordered_into_levels_pixel_by_pixel(object target)
    {
        ConsensusPrediction prediction = Reduce((TrainingTarget)target);

        AssertEqual([1, 0, 0], prediction.SoftMap);

        // Largest of each generation: 1, 1, 0.2 and 1, 0.2, 0.4; smallest: 0.4, 0, 0 and 0.8, 0, 0.
        AssertEqual([1, 0.6f, 0.3f, 0.6f, 0, 0], prediction.ConsensusMaps);
    }

    [Fact]
    public void Soft_label_is_the_plain_mean_and_fills_its_levels_from_below()
    {
        ConsensusPrediction prediction = Reduce(TrainingTarget.SoftLabel);

        AssertEqual([0.8f, 0.3f, 0.15f], prediction.SoftMap);
        AssertEqual([1, 0.6f, 0.3f, 0.6f, 0, 0], prediction.ConsensusMaps);
    }

    [Fact]
    public void One_generation_has_no_uncertainty()
    {
        using var scope = NewDisposeScope();
        Assert.All(SampleReduction.Reduce(rand(1, 3, 2, 2), TrainingTarget.Consensus).Uncertainty, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Samples_are_kept_as_they_are_when_asked_for()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(
            Samples, SampleReduction.Reduce(tensor(Samples).view(2, 2, 1, 3), TrainingTarget.Consensus, keepSamples: true).Samples);
        Assert.Null(Reduce(TrainingTarget.Consensus).Samples);
    }

    private static ConsensusPrediction Reduce(TrainingTarget target)
    {
        using var scope = NewDisposeScope();
        return SampleReduction.Reduce(tensor(Samples).view(2, 2, 1, 3), target);
    }

    private static void AssertEqual(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }
}
