using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>Work on the next items is done before they are asked for, in bounds, and comes in their order.</summary>
public sealed class WorkAheadTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private int _read;

    [Fact]
    public void Items_come_in_their_order_though_a_later_one_is_done_first()
    {
        using var laterIsDone = new ManualResetEventSlim();
        using var ahead = new WorkAhead<int, int>(NextOf(6), Work, threads: 2, torchThreads: 1);
        var results = new List<(int, int)>();
        while (ahead.Take() is { } next)
        {
            results.Add((next.Item, ResultOf(next)));
        }

        Assert.Equal([(1, 10), (2, 20), (3, 30), (4, 40), (5, 50), (6, 60)], results);

        int Work(int item, CancellationToken stop)
        {
            if (item == 2)
            {
                laterIsDone.Set();
            }

            Assert.True(item != 1 || laterIsDone.Wait(Limit, stop), "The second item is not worked on beside the first.");
            return 10 * item;
        }
    }

    [Fact]
    public void Work_is_at_most_twice_the_number_of_threads_ahead()
    {
        using var ahead = new WorkAhead<int, int>(NextOf(100), (item, _) => item, threads: 2, torchThreads: 1);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _read) == 4, Limit));
        Assert.Equal(1, ahead.Take()!.Value.Item);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _read) == 5, Limit));
        ahead.Dispose();
        Assert.Equal(5, _read);
    }

    [Fact]
    public void Disposing_ends_the_work_that_is_being_done_and_leaves_none()
    {
        int ended = 0;
        using var begun = new CountdownEvent(2);
        var ahead = new WorkAhead<int, int>(NextOf(100), Work, threads: 2, torchThreads: 1);
        Assert.True(begun.Wait(Limit));
        ahead.Dispose();
        Assert.Equal((2, 2), (ended, _read));

        int Work(int item, CancellationToken stop)
        {
            begun.Signal();
            stop.WaitHandle.WaitOne(Limit);
            Interlocked.Increment(ref ended);
            stop.ThrowIfCancellationRequested();
            return item;
        }
    }

    [Fact]
    public void A_failure_comes_with_its_item_and_the_items_end_where_reading_fails()
    {
        using var ahead = new WorkAhead<int, int>(
            NextOf(100, failAt: 4), (item, _) => item == 2 ? throw new TimeZoneNotFoundException() : item, threads: 2, torchThreads: 1);
        Assert.Equal(1, ResultOf(ahead.Take()!.Value));
        Assert.Throws<TimeZoneNotFoundException>(() => ResultOf(ahead.Take()!.Value));
        Assert.Equal(3, ResultOf(ahead.Take()!.Value));
        Assert.Null(ahead.Take());
    }

    [Fact]
    public void Torch_has_the_given_number_of_threads_for_each_item()
    {
        using var ahead = new WorkAhead<int, int>(NextOf(3), (_, _) => TorchThreads.Current, threads: 2, torchThreads: 1);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(1, ResultOf(ahead.Take()!.Value));
        }
    }

    private static int ResultOf((int Item, Task<int> Result) taken) => taken.Result.GetAwaiter().GetResult();

    private WorkAhead<int, int>.TryNext NextOf(int count, int failAt = int.MaxValue) => (out int item) =>
    {
        item = Interlocked.Increment(ref _read);
        return item == failAt ? throw new IOException() : item <= count;
    };
}
