using Consensus.ML.Torch.Collectives;

namespace Consensus.ML.Tests.Torch.Collectives;

public sealed class AgreementTests
{
    [Fact]
    public void A_single_process_does_its_work_and_nothing_else()
    {
        OneProcess alone = OneProcess.Instance;
        double[] values = [1.5, 2];
        alone.Sum(values);
        Assert.Equal([1.5, 2], values);
        Assert.Equal((0, 1, 0, 1), (alone.Rank, alone.Size, alone.LocalRank, alone.LocalSize));
        Assert.Equal(7, alone.Together(() => 7));
        Assert.Equal("text", alone.Broadcast("text", from: 0));
        Exception failure = Assert.Throws<TimeZoneNotFoundException>(() => alone.Together(() => throw new TimeZoneNotFoundException()));
        Assert.False(failure.IsCommon());
    }

    [Fact]
    public void What_fails_in_one_process_fails_in_all_and_they_say_where_and_why()
    {
        (int Result, Exception? Failure)[] outcomes = ThreadCollective.Run(
            3, processes => processes.Together(() => processes.Rank == 1 ? throw new TimeZoneNotFoundException("no zone") : 5));
        Assert.IsType<TimeZoneNotFoundException>(outcomes[1].Failure);
        foreach (int other in new[] { 0, 2 })
        {
            var failure = Assert.IsType<OtherProcessException>(outcomes[other].Failure);
            Assert.Equal((1, typeof(TimeZoneNotFoundException).FullName), (failure.Rank, failure.FailureType));
            Assert.Equal("Process 1 of the training failed: no zone", failure.Message);
        }
    }

    [Fact]
    public void Of_several_failures_the_first_process_shows_its_own()
    {
        (int Result, Exception? Failure)[] outcomes = ThreadCollective.Run<int>(
            3, processes => processes.Together<int>(() => throw new FormatException($"in {processes.Rank}")));
        Assert.Equal("in 0", Assert.IsType<FormatException>(outcomes[0].Failure).Message);
        Assert.All(outcomes[1..], outcome => Assert.IsType<FormatException>(
            Assert.IsType<OtherProcessException>(outcome.Failure).InnerException));
    }

    /// <summary>As with the lock of a folder of checkpoints, which the first process would hold to its end.</summary>
    [Fact]
    public void What_a_process_has_made_is_disposed_where_another_fails_and_is_kept_where_none_does()
    {
        using MemoryStream made = new(), kept = new();
        (MemoryStream? Result, Exception? Failure)[] outcomes = ThreadCollective.Run(
            2, processes => processes.Together(() => processes.Rank == 1 ? throw new FormatException("no") : made));
        Assert.IsType<OtherProcessException>(outcomes[0].Failure);
        Assert.False(made.CanRead);
        Assert.All(ThreadCollective.Succeed(2, processes => processes.Together(() => kept)), stream => Assert.True(stream.CanRead));
    }

    [Fact]
    public void A_process_that_fails_outside_of_common_work_meets_the_others_within_it()
    {
        // The first fails before the inner work, in which the others already wait.
        (int Result, Exception? Failure)[] outcomes = ThreadCollective.Run(2, processes => processes.Together(() =>
        {
            if (processes.Rank == 0)
            {
                throw new FormatException("early");
            }

            return processes.Together(() => 1) + processes.Together(() => 2);
        }));
        Assert.IsType<FormatException>(outcomes[0].Failure);
        Assert.Equal("Process 0 of the training failed: early", Assert.IsType<OtherProcessException>(outcomes[1].Failure).Message);
    }

    [Fact]
    public void A_cancellation_in_one_process_cancels_all_unless_one_fails()
    {
        (int Result, Exception? Failure)[] cancelled = ThreadCollective.Run(
            2, processes => processes.Together(() => processes.Rank == 1 ? throw new OperationCanceledException() : 1));
        Assert.All(cancelled, outcome => Assert.IsType<OperationCanceledException>(outcome.Failure));
        Assert.All(cancelled, outcome => Assert.True(outcome.Failure!.IsCommon()));
        (int Result, Exception? Failure)[] failed = ThreadCollective.Run<int>(2, processes => processes.Together<int>(
            () => throw (processes.Rank == 1 ? new FormatException() : new OperationCanceledException())));
        Assert.IsType<OtherProcessException>(failed[0].Failure);
    }

    [Fact]
    public void A_processor_that_several_processes_may_use_counts_in_parts()
    {
        // Unbound, bound to one each, and two processes on three processors beside one on a processor of its own.
        Assert.Equal([2, 2], Shares([0, 1, 2, 3], [0, 1, 2, 3]));
        Assert.Equal([1, 1], Shares([0], [1]));
        Assert.Equal([1, 1, 1], Shares([0, 1, 2], [0, 1, 2], [3]));
        Assert.Equal([1, 1, 1], Shares([0, 1], [0, 1], [0, 1]));
        int half = Math.Max(1, Environment.ProcessorCount / 2);
        Assert.Equal([half, half], Shares([0, 1], null));

        static int[] Shares(params int[]?[] allowed) =>
            ThreadCollective.Succeed(allowed.Length, processes => ProcessorShare.Of(processes, allowed[processes.Rank]));
    }
}
