using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Tests.Options;

/// <summary>Where no share is given, the number of groups and the length of the run say how many cases choose the weights.</summary>
public sealed class ShareSetAsideTests
{
    [Theory]
    [InlineData(50, 3000, null, false, 0)]
    [InlineData(51, 3000, null, false, 0.1)]
    [InlineData(50, 3001, null, false, 0.1)]
    [InlineData(50, 3000, null, true, 0)]
    [InlineData(34, null, 20.0, false, 0)]
    [InlineData(34, null, 20.1, false, 0.1)]
    [InlineData(34, null, 15.0, true, 0.1)]
    [InlineData(34, 100_000, 15.0, false, 0)]
    [InlineData(34, 1000, 90.0, true, 0)]
    public void A_short_training_on_few_groups_sets_none_aside(int groups, int? steps, double? minutes, bool onGpu, double expected)
    {
        TrainingOptions options = new()
        {
            ValidationFraction = null,
            Steps = steps,
            TimeLimit = minutes is double limit ? TimeSpan.FromMinutes(limit) : null,
        };
        Assert.Equal(expected, options.ShareSetAside(groups, onGpu));
        Assert.Equal(0.1, (options with { Patience = 3 }).ShareSetAside(groups, onGpu));
        Assert.Equal(0.25, (options with { ValidationFraction = 0.25 }).ShareSetAside(groups, onGpu));
    }

    /// <summary>It was measured for Compact alone; one-pass models and the published recipe choose their weights.</summary>
    [Fact]
    public void Only_Compact_leaves_it_to_the_run()
    {
        Assert.Null(ConsensusSegmentationEstimator.Options.Compact().Training.ValidationFraction);
        Assert.Equal(0.1, ConsensusSegmentationEstimator.Options.Paper().Training.ValidationFraction);
        Assert.Equal(0.1, new UNetSegmentationEstimator.Options().Training.ValidationFraction);
    }
}
