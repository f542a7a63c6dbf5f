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
        _turns.Take(CancellationToken.None);
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
    public void Who_shares_has_a_turn_with_others_who_share_and_never_with_one_who_does_not()
    {
        _turns.Take(CancellationToken.None, share: true);
        _turns.Take(CancellationToken.None, share: true);
        Thread alone = Ask("alone"), behind = Ask("behind", share: true);
        _turns.Release();
        Assert.Equal(2, _turns.Waiting);
        _turns.Release();
        alone.Join();
        behind.Join();
        Assert.Equal(["alone", "behind"], _order);
        Take("free");
    }

    [Fact]
    public void Who_shares_goes_on_where_the_one_before_gives_up()
    {
        using var source = new CancellationTokenSource();
        _turns.Take(CancellationToken.None, share: true);
        Thread givenUp = Ask("given up", cancellation: source.Token), behind = Ask("behind", share: true);
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
        _turns.Take(CancellationToken.None);
        Thread first = Ask("first"), givenUp = Ask("given up", cancellation: source.Token), last = Ask("last");
        source.Cancel();
        givenUp.Join();
        Assert.Equal(2, _turns.Waiting);
        _turns.Release();
        first.Join();
        last.Join();
        Assert.Equal(["first", "last"], _order);
        Assert.Throws<OperationCanceledException>(() => _turns.Take(source.Token));
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
                    _turns.Take(source.Token);
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
    private Thread Ask(string name, bool share = false, CancellationToken cancellation = default)
    {
        int before = _turns.Waiting;
        var thread = new Thread(() => Take(name, share, cancellation));
        thread.Start();
        Assert.True(SpinWait.SpinUntil(() => _turns.Waiting > before, TimeSpan.FromMinutes(2)), $"'{name}' does not wait.");
        return thread;
    }

    private void Take(string name, bool share = false, CancellationToken cancellation = default)
    {
        try
        {
            _turns.Take(cancellation, share);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return;
        }

        _order.Add(name);
        _turns.Release();
    }
}
