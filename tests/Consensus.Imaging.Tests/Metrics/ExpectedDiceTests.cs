using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

/// <summary>The Dice that a map expects of its own outline: values by hand.</summary>
public sealed class ExpectedDiceTests
{
    [Fact]
    public void It_follows_by_hand()
    {
        // The outline has two pixels with 1.75 of 2.25.
        Assert.Equal(3.5 / 4.25, ExpectedDice.Compute([1, 0.75f, 0.25f, 0.25f]), 1e-12);

        // One half is not above one half.
        Assert.Equal(2 / 2.5, ExpectedDice.Compute([1, 0.5f]), 1e-12);
        Assert.Equal(1, ExpectedDice.Compute([1, 1, 0]));
        Assert.Equal(0, ExpectedDice.Compute([0.25f, 0]));
        Assert.Equal(1, ExpectedDice.Compute([0, 0]));
        Assert.Equal(double.NaN, ExpectedDice.Compute([1, float.NaN]));
    }

    [Fact]
    public void Of_a_map_that_is_right_it_is_the_Dice_of_the_expected_marks()
    {
        // Two raters mark the first pixel, one the second: shares 1 and 1/2. The outline is the first pixel; a rater marks 1.5 on average.
        Assert.Equal(2 * 1 / (1 + 1.5), ExpectedDice.Compute([1, 0.5f, 0]), 1e-12);
    }

    [Fact]
    public void The_slices_of_a_volume_count_together()
    {
        Slice first = new(1, 2, 1, [1, 0.75f], SliceGeometry.None), second = new(1, 2, 1, [0.25f, 0.25f], SliceGeometry.None);
        Assert.Equal(3.5 / 4.25, ExpectedDice.Compute([first, second]), 1e-12);
    }
}
