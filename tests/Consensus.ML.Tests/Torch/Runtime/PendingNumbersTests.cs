using System.Runtime.InteropServices;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Runtime;

public sealed class PendingNumbersTests
{
    [Fact]
    public void They_are_those_of_the_moment_at_which_they_were_asked_for()
    {
        using var scope = NewDisposeScope();
        Tensor numbers = tensor(new[] { 1.5f, float.NaN });
        using var pending = PendingNumbers.Begin(numbers);
        numbers.zero_();
        Assert.Equal([1.5f, float.NaN], pending.Take());
    }

    [Fact]
    public void They_are_there_when_the_mark_is_gone_from_all_of_them_and_no_number_is_the_mark()
    {
        int mark = 0x7FE5C0DE, one = BitConverter.SingleToInt32Bits(1);
        Assert.False(IsComplete(mark, mark));
        Assert.False(IsComplete(one, mark));
        Assert.False(IsComplete(mark, one));
        using var scope = NewDisposeScope();
        Tensor zero = zeros(1), odd = cat([zero / zero, -(zero / zero), zero.log(), zero.log() - zero.log(), zero.Minus(1).sqrt()]);
        Assert.True(PendingNumbers.IsComplete(odd.bytes));
        Assert.Equal(4, odd.isnan().sum().item<long>());

        static bool IsComplete(params int[] bits) => PendingNumbers.IsComplete(MemoryMarshal.AsBytes(bits.AsSpan()));
    }
}
