using Consensus.ML.Cli.Training;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Tests;

/// <summary>How many networks are trained where nobody says: two where that was measured to be better, otherwise one.</summary>
public sealed class MemberChoiceTests
{
    private static readonly TimeSpan Enough = TimeSpan.FromMinutes(15);

    [Theory]
    [InlineData(64, 50, 2, 2)]
    [InlineData(128, 28, 16, 2)] // more than two were not measured
    [InlineData(128, 28, 1, 1)] // a single core: each of two networks would have half of the steps
    [InlineData(64, 28, 0, 1)] // a GPU, or several processes
    [InlineData(256, 28, 2, 1)] // a step takes four times as long
    [InlineData(64, 51, 2, 1)]
    public void Two_are_trained_on_two_cores_where_slices_are_small_and_cases_few(int side, int groups, int cores, int expected) =>
        Assert.Equal(expected, MemberChoice.Count(Compact(null, Enough), side, groups, cores));

    [Theory]
    [InlineData(null, 15.0, 2)]
    [InlineData(null, 60.0, 2)]
    [InlineData(null, 14.9, 1)]
    [InlineData(1000, 15.0, 1)] // the number of steps is the same for one network and for two
    [InlineData(1000, null, 1)]
    public void Two_are_trained_where_time_alone_ends_training_and_is_enough(int? steps, double? minutes, int expected)
    {
        TimeSpan? time = minutes is double given ? TimeSpan.FromMinutes(given) : null;
        Assert.Equal(expected, MemberChoice.Count(Compact(steps, time), side: 64, groups: 28, cores: 2));
    }

    [Fact]
    public void What_was_not_measured_trains_one()
    {
        ConsensusSegmentationEstimator.Options annotator = Compact(null, Enough), embedding = Compact(null, Enough),
            named = Compact(null, Enough), structures = Compact(null, Enough);
        annotator.Target = TrainingTarget.Annotator;
        embedding.Network = embedding.Network with { LevelConditioning = LevelConditioning.Embedding };
        named.NamedRaters = true;
        structures.Structures = ["gland", "zone"];
        UNetSegmentationEstimator.Options onePass = UNetSegmentationEstimator.Options.Compact(UNetKind.Levels);
        onePass.Training = onePass.Training with { Steps = null, TimeLimit = Enough };
        Assert.All(
            (SegmentationOptions[])[annotator, embedding, named, structures, onePass],
            options => Assert.Equal(1, MemberChoice.Count(options, side: 64, groups: 28, cores: 2)));
    }

    private static ConsensusSegmentationEstimator.Options Compact(int? steps, TimeSpan? time)
    {
        ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.Compact();
        options.Training = options.Training with { Steps = steps, TimeLimit = time };
        return options;
    }
}
