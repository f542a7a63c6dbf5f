using Consensus.ML.Torch.Training.Loop;

namespace Consensus.ML.Tests.Torch.Training.Loop;

/// <summary>All members take the same steps of a block, at the same rates, whoever comes first.</summary>
public sealed class StepBlockTests
{
    private readonly List<int> _asked = [];

    [Fact]
    public void The_first_to_come_decides_for_all_and_each_step_is_decided_once()
    {
        StepBlock block = Block(first: 10, end: 13);
        Assert.Equal([1.0, 1.1, 1.2], Take(block, from: 10));

        // The second gets the same answers, without another question.
        Assert.Equal([1.0, 1.1, 1.2], Take(block, from: 10));
        Assert.Equal([11, 12, 13], _asked);
    }

    [Fact]
    public void A_block_has_a_first_step_whatever_is_due() =>
        Assert.Equal([1.0], Take(new(10, _ => true, Rate), from: 10));

    [Fact]
    public void After_its_end_the_block_has_the_steps_that_were_begun_and_no_other()
    {
        StepBlock block = Block(first: 10, end: 100);
        Assert.NotNull(block.TryBegin(10));
        Assert.NotNull(block.TryBegin(11));
        block.End();
        Assert.Null(block.TryBegin(12));
        Assert.Equal([1.0, 1.1], Take(block, from: 10));
    }

    private static double Rate(int step) => step / 10.0;

    private static List<double> Take(StepBlock block, int from)
    {
        var rates = new List<double>();
        while (block.TryBegin(from + rates.Count) is double rate)
        {
            rates.Add(rate);
        }

        return rates;
    }

    private StepBlock Block(int first, int end)
    {
        return new(first, IsEnd, Rate);

        bool IsEnd(int steps)
        {
            _asked.Add(steps);
            return steps == end;
        }
    }
}
