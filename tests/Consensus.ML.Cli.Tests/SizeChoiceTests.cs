using Consensus.Imaging.Metrics;
using Consensus.ML.Cli.Training;

namespace Consensus.ML.Cli.Tests;

/// <summary>The size of the slices where nobody gives one: half a point of soft Dice decides, within what the device trains well.</summary>
public sealed class SizeChoiceTests
{
    [Theory]
    [InlineData(0.996, 0.999, 1.0, 64, 64)] // half a point is not lost at any size
    [InlineData(0.994, 0.996, 1.0, 128, 128)] // 64 pixels cost more than that
    [InlineData(0.946, 0.977, 1.0, 128, 256)] // only a GPU trains the size that would be right
    [InlineData(0.946, 0.977, 0.99, 128, 256)] // none is right: the largest costs least
    public void The_smallest_that_costs_less_than_half_a_point_is_chosen(double at64, double at128, double at256, int onCpu, int onGpu)
    {
        // The sizes between are no candidates: a network of 96 or 192 pixels takes more time than one of 64 or 128 with patches.
        ResizingCeiling[] ceilings = [new(64, at64), new(96, 1), new(128, at128), new(192, 1), new(256, at256), new(384, 1)];
        Assert.Equal(onCpu, SizeChoice.FromCeilings(ceilings, onGpu: false).Side);
        SizeChoice chosen = SizeChoice.FromCeilings(ceilings, onGpu: true);
        Assert.Equal(onGpu, chosen.Side);
        Assert.Equal(ceilings.Single(ceiling => ceiling.Size == onGpu).SoftDice, chosen.SoftDice);
    }

    [Fact]
    public void Without_masks_it_is_the_smallest() => Assert.Equal(new(64, null), SizeChoice.FromCeilings([], onGpu: true));
}
