using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>Turns are taken one at a time, in the order of the requests, even when some give up.</summary>
public sealed class TurnQueueTests
{
    private readonly TurnQueue _turns = new();
    private readonly List<string> _order = [];

    [Fact]
    public void Who_asks_again_comes_after_those_who_wait()
    {
        _turns.Take(1, CancellationToken.None);
        Thread first = Ask("first"), second = Ask("second");
        _turns.Release();

        // A semaphore would most likely let this thread pass the other two.
        Take("again");
        first.Join();
        second.Join();
        Assert.Equal(["first", "second", "again"], _order);
        Assert.Equal(0, _turns.Waiting);
    }

    [Fact]
    public void As_many_have_their_turns_at_once_as_each_of_them_agrees_to()
    {
        _turns.Take(2, CancellationToken.None);
        _turns.Take(2, CancellationToken.None);
        Thread alone = Ask("alone"), behind = Ask("behind", atOnce: 2), third = Ask("third", atOnce: 2);
        _turns.Release();
        Assert.Equal(3, _turns.Waiting);
        _turns.Release();
        alone.Join();
        behind.Join();
        third.Join();
        Assert.Equal(["alone", "behind", "third"], _order.Order(StringComparer.Ordinal));
        Assert.Equal("alone", _order[0]);
        Take("free");
    }

    [Fact]
    public void Who_can_have_a_turn_has_it_where_the_one_before_gives_up()
    {
        using var source = new CancellationTokenSource();
        _turns.Take(2, CancellationToken.None);
        Thread givenUp = Ask("given up", cancellation: source.Token), behind = Ask("behind", atOnce: 2);
        source.Cancel();
        givenUp.Join();
        behind.Join();
        Assert.Equal(["behind"], _order);
        _turns.Release();
        Take("free");
    }

    [Fact]
    public void Who_gives_up_is_left_out_and_holds_nobody_up()
    {
        using var source = new CancellationTokenSource();
        _turns.Take(1, CancellationToken.None);
        Thread first = Ask("first"), givenUp = Ask("given up", cancellation: source.Token), last = Ask("last");
        source.Cancel();
        givenUp.Join();
        Assert.Equal(2, _turns.Waiting);
        _turns.Release();
        first.Join();
        last.Join();
        Assert.Equal(["first", "last"], _order);
        Assert.Throws<OperationCanceledException>(() => _turns.Take(1, source.Token));
        Take("free");
    }

    [Fact]
    public void No_turn_is_lost_and_none_is_shared_where_giving_up_and_giving_on_meet()
    {
        int inside = 0, most = 0, taken = 0;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            var random = new Random(thread);
            for (int i = 0; i < 500; i++)
            {
                using var source = new CancellationTokenSource();
                Thread? other = random.Next(3) == 0 ? new Thread(source.Cancel) : null;
                other?.Start();
                try
                {
                    _turns.Take(1, source.Token);
                    most = Math.Max(most, Interlocked.Increment(ref inside));
                    Interlocked.Increment(ref taken);
                    Interlocked.Decrement(ref inside);
                    _turns.Release();
                }
                catch (OperationCanceledException)
                {
                    // Given up, with or without having the turn.
                }

                other?.Join();
            }
        });
        Assert.Equal((1, 0, 0), (most, inside, _turns.Waiting));
        Assert.InRange(taken, 8 * 500 / 2, 8 * 500);
        Take("after all");
        Assert.Equal(["after all"], _order);
    }

    /// <summary>Asks on another thread, which is waiting when this method returns.</summary>
    private Thread Ask(string name, int atOnce = 1, CancellationToken cancellation = default)
    {
        int before = _turns.Waiting;
        var thread = new Thread(() => Take(name, atOnce, cancellation)) { IsBackground = true };
        thread.Start();
        Assert.True(SpinWait.SpinUntil(() => _turns.Waiting > before, TimeSpan.FromMinutes(2)), $"'{name}' does not wait.");
        return thread;
    }

    private void Take(string name, int atOnce = 1, CancellationToken cancellation = default)
    {
        try
        {
            _turns.Take(atOnce, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return;
        }

        lock (_order)
        {
            _order.Add(name);
        }

        _turns.Release();
    }
}
