using System.Diagnostics;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Torch.Training.Loop;

/// <summary>The CPU threads of a training run: as many as were asked for, or as are free where nothing but time ends the run.</summary>
/// <remarks>
/// Threads wait for each other several hundred times a step. Where one of them has to share its processor with another process, all wait
/// until it is its turn there: a step on two threads beside one busy process takes two to four times as long as on one thread. The number
/// changes how sums are rounded, though, so it is only chosen where the clock decides over the result anyhow.
/// </remarks>
internal sealed class TrainingThreads : IDisposable
{
    // The first look is soon, for what is there when training begins.
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1), BetweenLooks = TimeSpan.FromSeconds(5);

    private readonly TorchThreads _threads;
    private readonly FreeProcessors? _free;
    private readonly int _most = TorchThreads.Current;
    private TimeSpan _next = FirstLook;
    private long _last = Stopwatch.GetTimestamp();

    private TrainingThreads(TorchThreads threads, FreeProcessors? free)
    {
        _threads = threads;
        _free = free;
    }

    /// <summary>Whether the number follows what is free.</summary>
    public bool AreAdapted => _free is not null;

    /// <summary>Takes the threads of a run, until it is disposed of on the same thread.</summary>
    public static TrainingThreads Take(TrainingOptions options)
    {
        bool endsByClock = options.Steps is null && options.TimeLimit is not null;
        return new(TorchThreads.Use(options.Threads), options.Threads is null && endsByClock ? new FreeProcessors() : null);
    }

    /// <summary>Between two steps: takes as many threads as processors are free by now.</summary>
    public void Adapt()
    {
        if (_free is null || Stopwatch.GetElapsedTime(_last) < _next)
        {
            return;
        }

        (_next, _last) = (BetweenLooks, Stopwatch.GetTimestamp());
        if (_free.Look() is int free)
        {
            _threads.Change(Math.Min(free, _most));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _threads.Dispose();
}
