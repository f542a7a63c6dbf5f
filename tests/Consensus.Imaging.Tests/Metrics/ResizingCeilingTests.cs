using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

/// <summary>What resizing leaves of a soft map.</summary>
public sealed class ResizingCeilingTests
{
    // One rater of a 4×4 slice has marked its left half.
    private static readonly RaterMasks Half = new(1, 4, 4, [1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]);

    [Fact]
    public void Half_the_size_has_the_value_derived_by_hand()
    {
        // The reduced mask has the columns 0 and 2: 1 and 0. Between them lies 1/2, so that the map is 1, 1/2, 0, 0. It is right up to 0.5.
        // At 0.7 and 0.9 one of two columns is left, with the Dice 2/3.
        ResizingCeiling found = ResizingCeiling.Compute(Half, 2);
        Assert.Equal(2, found.Size);
        Assert.Equal((3 + (2 * 2 / 3.0)) / 5, found.SoftDice, 1e-6);
    }

    [Fact]
    public void The_same_size_and_an_empty_slice_lose_nothing()
    {
        Assert.Equal(1, ResizingCeiling.Compute(Half, 4).SoftDice, 1e-12);
        Assert.Equal(1, ResizingCeiling.Compute(new(2, 4, 4, new byte[32]), 2).SoftDice, 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => ResizingCeiling.Compute(Half, 0));
    }

    [Fact]
    public void Slices_that_are_not_square_are_brought_back_to_their_own_shape()
    {
        // Rows are not reduced: only the columns lose.
        RaterMasks flat = new(1, 2, 4, [1, 1, 0, 0, 1, 1, 0, 0]);
        Assert.Equal((3 + (2 * 2 / 3.0)) / 5, ResizingCeiling.Compute(flat, 2).SoftDice, 1e-6);
    }
}
