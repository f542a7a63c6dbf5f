using static TorchSharp.torch;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Sets the number of CPU threads that torch uses for work of the calling thread. Dispose it on that thread to return to the previous
/// number.
/// </summary>
/// <remarks>
/// torch keeps one number for each thread that has used it, and one for threads that have not yet; setting it sets both. The second number
/// belongs to the process, so a new thread restores it at once. Several threads may hold different numbers at a time.
/// </remarks>
internal sealed class TorchThreads : IDisposable
{
    private static readonly Lock Setting = new();

    private readonly int _before;
    private readonly int _owner = Environment.CurrentManagedThreadId;
    private bool _disposed;

    private TorchThreads(int before) => _before = before;

    /// <summary>The number of threads that torch uses for the calling thread now.</summary>
    public static int Current
    {
        get
        {
            NativeTorch.EnsureLoaded();
            return get_num_threads();
        }
    }

    /// <summary>Sets the number of threads for later work of this thread.</summary>
    /// <param name="threads">At least 1; null to leave the number as it is.</param>
    public static TorchThreads Use(int? threads)
    {
        var used = new TorchThreads(Current);
        used.Change(threads ?? used._before);
        return used;
    }

    /// <summary>Changes the number from now on.</summary>
    public void Change(int threads)
    {
        if (Environment.CurrentManagedThreadId != _owner)
        {
            throw new InvalidOperationException("The number of torch's threads is that of a thread, and is changed by that thread.");
        }

        if (threads == get_num_threads())
        {
            return;
        }

        lock (Setting)
        {
            using var read = new ManualResetEventSlim();
            using var changed = new ManualResetEventSlim();
            var keeper = new Thread(() =>
            {
                int ofProcess = get_num_threads();
                read.Set();
                changed.Wait();
                set_num_threads(ofProcess);
            }) { IsBackground = true, Name = nameof(TorchThreads) };
            keeper.Start();
            read.Wait();
            try
            {
                set_num_threads(threads);
            }
            finally
            {
                changed.Set();
                keeper.Join();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            Change(_before);
            _disposed = true;
        }
    }
}
