using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Checkpoints;

namespace Consensus.ML.Tests.Torch.Training.Checkpoints;

/// <summary>The training goes on while a file is written; it waits before the next, and hears what went wrong.</summary>
public sealed class BackgroundWriterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public void Work_is_done_beside_the_thread_that_began_it_on_one_processor()
    {
        var writer = new BackgroundWriter();
        using var done = new ManualResetEventSlim();
        int thread = 0, threads = 0;
        writer.Begin(() =>
        {
            done.Wait(TestContext.Current.CancellationToken);
            (thread, threads) = (Environment.CurrentManagedThreadId, TorchThreads.Current);
        });
        Assert.False(writer.HasEnded);
        Assert.False(writer.Wait(TimeSpan.Zero));
        Assert.Throws<InvalidOperationException>(() => writer.Begin(() => { }));
        done.Set();
        Assert.True(writer.Wait(Patience));
        Assert.True(writer.HasEnded);
        writer.Finish();
        Assert.NotEqual(Environment.CurrentManagedThreadId, thread);
        Assert.Equal(1, threads);
    }

    [Fact]
    public void What_the_work_throws_is_thrown_once_where_it_is_waited_for()
    {
        var writer = new BackgroundWriter();
        writer.Begin(() => throw new IOException("full"));
        Assert.True(writer.Wait(Patience));
        Assert.Equal("full", Assert.Throws<IOException>(writer.Finish).Message);
        writer.Finish();
        Assert.False(writer.HasEnded);
    }
}
