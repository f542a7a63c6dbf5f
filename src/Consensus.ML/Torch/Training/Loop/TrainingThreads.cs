using System.Diagnostics;
using Consensus.ML.Options;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Torch.Training.Loop;

/// <summary>The CPU threads of a training run: the requested number, or the number of free processors if only time ends the run.</summary>
/// <remarks>
/// Threads wait for each other several hundred times a step. If one of them shares its processor with another process, all of them wait for
/// it. A step on two threads beside one busy process takes two to four times as long as on one thread. But the number of threads changes
/// how sums are rounded. So it only adapts in runs whose result depends on the clock anyway.
/// </remarks>
internal sealed class TrainingThreads : IDisposable
{
    // The first count comes early, so that training soon adapts to processes that already run.
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1), BetweenLooks = TimeSpan.FromSeconds(5);

    private readonly TorchThreads _threads;
    private readonly FreeProcessors? _free;
    private readonly int _most;
    private TimeSpan _next = FirstLook;
    private long _last = Stopwatch.GetTimestamp();

    private TrainingThreads(TorchThreads threads, FreeProcessors? free)
    {
        _threads = threads;
        _free = free;
        _most = TorchThreads.Current;
    }

    /// <summary>Whether the number follows the free processors.</summary>
    public bool AreAdapted => _free is not null;

    /// <summary>
    /// Sets the threads of a run until the result is disposed, on the same thread. Of several processes on a machine, each takes its share
    /// of the processors.
    /// </summary>
    public static TrainingThreads Take(TrainingOptions options, ICollective processes)
    {
        bool endsByClock = options.Steps is null && options.TimeLimit is not null;
        int? share = processes.Size == 1 ? null : Math.Min(TorchThreads.Current, ProcessorShare.Of(processes));
        return new(TorchThreads.Use(options.Threads ?? share), options.Threads is null && endsByClock ? new FreeProcessors() : null);
    }

    /// <summary>Adapts the number of threads to the free processors; call it between two steps.</summary>
    public void Adapt()
    {
        if (_free is null || Stopwatch.GetElapsedTime(_last) < _next)
        {
            return;
        }

        (_next, _last) = (BetweenLooks, Stopwatch.GetTimestamp());
        if (_free.CountSinceLast() is int free)
        {
            _threads.Change(Math.Min(free, _most));
        }
    }

    /// <summary>
    /// The threads for each of several networks that are trained side by side: an equal share of those of the calling thread, at least one.
    /// </summary>
    public static int ForEach(int members) => Math.Max(1, TorchThreads.Current / members);

    /// <inheritdoc/>
    public void Dispose() => _threads.Dispose();
}
