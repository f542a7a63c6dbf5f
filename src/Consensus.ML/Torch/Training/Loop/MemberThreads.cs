using System.Runtime.ExceptionServices;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Torch.Training.Loop;

/// <summary>
/// Does the same work for every member of a run at the same time. Each member has its own thread, which lives as long as the run: torch
/// keeps memory and a number of threads for each thread that uses it. A single member works on the caller's thread.
/// </summary>
internal sealed class MemberThreads : IDisposable
{
    private readonly Worker[] _workers;

    /// <param name="members">Number of members, at least 1.</param>
    /// <param name="torchThreads">Number of threads that torch may use for each member; a single member keeps those of the caller.</param>
    public MemberThreads(int members, int torchThreads)
    {
        TorchThreads = torchThreads;
        _workers = members == 1 ? [] : [.. Enumerable.Range(0, members).Select(member => new Worker(this, member))];
    }

    /// <summary>Number of threads that torch uses for each member from the next work on.</summary>
    public int TorchThreads { get; set; }

    /// <summary>Does the work for every member, and waits until all are done.</summary>
    /// <param name="work">The work; it gets the number of the member, from 0.</param>
    /// <returns>The results, in the order of the members.</returns>
    /// <remarks>If the work of several members throws, the caller gets the exception of the first of them.</remarks>
    public T[] Run<T>(Func<int, T> work)
    {
        if (_workers.Length == 0)
        {
            return [work(0)];
        }

        var results = new T[_workers.Length];
        foreach (Worker worker in _workers)
        {
            worker.Begin(member => results[member] = work(member));
        }

        ExceptionDispatchInfo?[] failures = [.. _workers.Select(worker => worker.Finish())];
        Array.Find(failures, failure => failure is not null)?.Throw();
        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Worker worker in _workers)
        {
            worker.Dispose();
        }
    }

    private sealed class Worker : IDisposable
    {
        private readonly MemberThreads _owner;
        private readonly int _member;
        private readonly Thread _thread;
        private readonly SemaphoreSlim _begin = new(0), _done = new(0);
        private Action<int>? _work;
        private ExceptionDispatchInfo? _failure;

        public Worker(MemberThreads owner, int member)
        {
            (_owner, _member) = (owner, member);
            _thread = new(Loop) { IsBackground = true, Name = $"{nameof(MemberThreads)} {member + 1}" };
            _thread.Start();
        }

        public void Begin(Action<int> work)
        {
            _work = work;
            _begin.Release();
        }

        /// <summary>Waits for the end of the work; returns what it threw, or null.</summary>
        public ExceptionDispatchInfo? Finish()
        {
            _done.Wait();
            return _failure;
        }

        public void Dispose()
        {
            _work = null;
            _begin.Release();
            _thread.Join();
            _begin.Dispose();
            _done.Dispose();
        }

        private void Loop()
        {
            using TorchThreads threads = Runtime.TorchThreads.Use(_owner.TorchThreads);
            while (true)
            {
                _begin.Wait();
                if (_work is not { } work)
                {
                    return;
                }

                _failure = null;
                try
                {
                    threads.Change(_owner.TorchThreads);
                    work(_member);
                }
                catch (Exception exception)
                {
                    _failure = ExceptionDispatchInfo.Capture(exception);
                }

                _done.Release();
            }
        }
    }
}
