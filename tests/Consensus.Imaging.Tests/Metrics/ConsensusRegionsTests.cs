using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

/// <summary>Scores where all raters agree; values by hand.</summary>
public sealed class ConsensusRegionsTests
{
    [Fact]
    public void Pixels_where_raters_differ_do_not_count()
    {
        // All marked the first two pixels, nobody the last two, some the third. TP 1, FN 1, FP 1; the third is marked and left out.
        float[] map = [0.9f, 0.5f, 1, 0.6f, 0.1f], truth = [1, 1, 0.5f, 0, 0];
        Assert.Equal(2 / 4.0, ConsensusRegions.Dice(map, truth), 1e-12);

        // Mean of 0.9 and 0.5, and of 0.4 and 0.9.
        Assert.Equal((0.7 + 0.65) / 2, ConsensusRegions.Confidence(map, truth), 1e-7);
    }

    [Fact]
    public void A_map_without_errors_where_all_agree_is_perfect_whatever_it_does_elsewhere()
    {
        foreach (float between in (float[])[0, 0.5f, 1])
        {
            Assert.Equal(1, ConsensusRegions.Dice([1, between, 0], [1, 0.25f, 0]));
            Assert.Equal(1, ConsensusRegions.Confidence([1, between, 0], [1, 0.25f, 0]));
        }
    }

    [Fact]
    public void Without_a_pixel_that_all_marked_the_map_should_mark_nothing_that_nobody_marked()
    {
        Assert.Equal(1, ConsensusRegions.Dice([0.7f, 0.2f], [0.5f, 0]));
        Assert.Equal(0, ConsensusRegions.Dice([0.7f, 0.7f], [0.5f, 0]));
        Assert.Equal(double.NaN, ConsensusRegions.Confidence([0.7f, 0.7f], [0.5f, 0]));
        Assert.Equal(double.NaN, ConsensusRegions.Confidence([0.7f, 0.7f], [0.5f, 1]));
        Assert.Throws<ArgumentException>(() => ConsensusRegions.Dice([0], [0, 0]));
        Assert.Throws<ArgumentException>(() => ConsensusRegions.Confidence([0], [0, 0]));
    }
}
