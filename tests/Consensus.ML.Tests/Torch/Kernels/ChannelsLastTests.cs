using Consensus.ML.Torch.Kernels;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Kernels;

/// <summary>Where the channels lie in memory changes no number.</summary>
public sealed class ChannelsLastTests
{
    [Theory]
    [InlineData(3, 32, 6, 5)]
    [InlineData(1, 32, 6, 5)]
    [InlineData(3, 1, 6, 5)]
    [InlineData(3, 2, 1, 1)]
    [InlineData(1, 1, 1, 7)]
    public void Maps_keep_their_numbers_and_lie_with_the_channels_of_a_pixel_side_by_side(int samples, int channels, int height, int width)
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();
        Tensor maps = Numbers.Normal(1, samples, channels, height, width);

        // A part of a batch begins in the middle of its memory.
        Tensor part = maps.narrow(0, samples - 1, 1);
        foreach (Tensor given in new[] { maps, part, maps.transpose(2, 3) })
        {
            Tensor last = ChannelsLast.Of(given);
            Assert.Equal(given.shape, last.shape);
            Assert.Equal(0, (given - last).abs().max().item<float>());
            Assert.True(ChannelsLast.Pixels(last).is_contiguous());
            Assert.Equal(given.dtype, last.dtype);
        }
    }

    [Fact]
    public void Maps_that_lie_so_are_not_copied()
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();
        Tensor last = ChannelsLast.Of(Numbers.Normal(1, 2, 32, 4, 4));
        Assert.Same(last, ChannelsLast.Of(last));
    }

    /// <summary>The large maps repeat one number, and take no memory.</summary>
    [Fact]
    public void Maps_that_no_span_can_hold_stay_with_torch()
    {
        Needs.Avx512();
        using var scope = NewDisposeScope();
        Tensor number = zeros(1, 1, 1, 1);
        Assert.True(ChannelsLast.Suits(number.expand(1, 64, 4096, 2047)));
        Assert.False(ChannelsLast.Suits(number.expand(1, 64, 4096, 2048)));
    }

    [Fact]
    public void Maps_of_other_formats_stay_as_they_are()
    {
        using var scope = NewDisposeScope();
        Tensor maps = Numbers.Normal(1, 2, 32, 4, 4).to_type(ScalarType.Float64);
        Assert.False(ChannelsLast.Suits(maps));
        Assert.Same(maps, ChannelsLast.Of(maps));
    }
}
