using System.Collections.Concurrent;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Does work on the next items before a consumer asks for them, on several threads, and gives the items in their order. It is never further
/// ahead than twice the number of threads. Its threads end with the last item, when it is disposed, and when nobody takes an item for long.
/// </summary>
/// <typeparam name="TItem">What is worked on.</typeparam>
/// <typeparam name="TResult">What comes of it.</typeparam>
internal sealed class WorkAhead<TItem, TResult> : IDisposable
{
    // Whoever forgets to dispose this keeps threads and memory for no longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TryNext _next;
    private readonly Func<TItem, CancellationToken, TResult> _work;
    private readonly int _torchThreads;
    private readonly Lock _reading = new();
    private readonly SemaphoreSlim _room;
    private readonly BlockingCollection<Entry> _entries = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread[] _threads;
    private int _working;
    private bool _isEnd, _isDisposed;

    /// <param name="next">Gives the next item; called by one thread at a time. If it throws, there are no more items.</param>
    /// <param name="work">The work on an item, which ends early when the token is cancelled.</param>
    /// <param name="threads">Number of items in work at a time, at least 1.</param>
    /// <param name="torchThreads">Number of threads that torch may use for each of them.</param>
    public WorkAhead(TryNext next, Func<TItem, CancellationToken, TResult> work, int threads, int torchThreads)
    {
        (_next, _work, _torchThreads, _working) = (next, work, torchThreads, threads);
        _room = new(2 * threads);
        _threads =
        [
            .. Enumerable.Range(1, threads).Select(number =>
                new Thread(Run) { IsBackground = true, Name = $"{nameof(WorkAhead<,>)} {number}" }),
        ];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Gives the next item; false if there is none.</summary>
    public delegate bool TryNext(out TItem item);

    /// <summary>Waits until the next item was begun. Returns it with the result to be; null after the last one.</summary>
    public (TItem Item, Task<TResult> Result)? Take()
    {
        if (!_entries.TryTake(out Entry? entry, Timeout.Infinite))
        {
            return null;
        }

        _room.Release();
        return (entry.Item, entry.Result.Task);
    }

    /// <summary>Ends the work, and waits until its threads have ended.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _stop.Cancel();
        Array.ForEach(_threads, thread => thread.Join());
        _entries.Dispose();
        _room.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        try
        {
            using TorchThreads threads = TorchThreads.Use(_torchThreads);
            while (_room.Wait(Patience, _stop.Token) && Begin() is { } entry)
            {
                Work(entry);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed while it waited for room.
        }
        finally
        {
            if (Interlocked.Decrement(ref _working) == 0)
            {
                _entries.CompleteAdding();
            }
        }
    }

    private Entry? Begin()
    {
        lock (_reading)
        {
            if (_isEnd || !TryRead(out TItem? item))
            {
                _isEnd = true;
                return null;
            }

            var entry = new Entry(item!);
            _entries.Add(entry);
            return entry;
        }
    }

    private bool TryRead(out TItem? item)
    {
        try
        {
            return _next(out item);
        }
        catch (Exception)
        {
            // The consumer reads the item itself, and learns from that what is wrong.
            item = default;
            return false;
        }
    }

    private void Work(Entry entry)
    {
        try
        {
            entry.Result.SetResult(_work(entry.Item, _stop.Token));
        }
        catch (Exception exception)
        {
            entry.Result.SetException(exception);

            // Looked at, so that .NET does not report the exception of a result that nobody takes.
            _ = entry.Result.Task.Exception;
        }
    }

    private sealed record Entry(TItem Item)
    {
        public TaskCompletionSource<TResult> Result { get; } = new();
    }
}
