using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Tests.Torch.Training.Batches;

/// <summary>Samples are drawn while the step before is computed. One thread draws at a time, and each step gets its own samples.</summary>
public sealed class DrawnAheadTests
{
    [Fact]
    public void The_step_after_the_one_taken_is_drawn_by_another_thread_without_being_asked_for()
    {
        using var begun = new ManualResetEventSlim();
        int thread = 0;
        using var ahead = new DrawnAhead<long>(step =>
        {
            if (step == 1)
            {
                thread = Environment.CurrentManagedThreadId;
                begun.Set();
            }

            return step;
        });

        Assert.Equal(0, ahead.Take(0));

        Assert.True(begun.Wait(TimeSpan.FromMinutes(1)), "Step 1 was not drawn before it was taken.");
        Assert.NotEqual(Environment.CurrentManagedThreadId, thread);
    }

    [Fact]
    public void Steps_left_out_and_steps_taken_again_get_what_is_theirs_and_nothing_is_drawn_by_two_threads_at_once()
    {
        int drawing = 0;
        bool together = false;
        using var ahead = new DrawnAhead<long>(step =>
        {
            together |= Interlocked.Increment(ref drawing) > 1;
            Thread.Yield();
            Interlocked.Decrement(ref drawing);
            return 10 * step;
        });

        foreach (long step in (long[])[0, 1, 2, 7, 8, 3, 3, 4, 0])
        {
            Assert.Equal(10 * step, ahead.Take(step));
        }

        Assert.False(together);
    }

    [Fact]
    public void What_drawing_throws_is_thrown_at_the_step_that_it_was_for_and_at_no_other()
    {
        var ahead = new DrawnAhead<long>(step => step == 1 ? throw new InvalidDataException("no step 1") : step);

        Assert.Equal(0, ahead.Take(0));
        Assert.Equal(5, ahead.Take(5));
        Assert.Equal(0, ahead.Take(0));
        Assert.Equal("no step 1", Assert.Throws<InvalidDataException>(() => ahead.Take(1)).Message);

        ahead.Dispose();
    }

    [Fact]
    public void Whoever_lets_go_of_it_waits_until_nothing_is_being_drawn()
    {
        using var mayEnd = new ManualResetEventSlim();
        bool drawn = false, drawnWhenDisposed = false;
        var ahead = new DrawnAhead<long>(step =>
        {
            if (step == 1)
            {
                mayEnd.Wait();
                drawn = true;
            }

            return step;
        });
        ahead.Take(0);
        var disposing = new Thread(() =>
        {
            ahead.Dispose();
            drawnWhenDisposed = drawn;
        });

        // Step 1 may end only after disposing has begun to wait for it, or has ended without waiting.
        disposing.Start();
        SpinWait.SpinUntil(() => disposing.ThreadState.HasFlag(ThreadState.WaitSleepJoin) || !disposing.IsAlive);
        mayEnd.Set();
        disposing.Join();

        Assert.True(drawnWhenDisposed);
    }
}
