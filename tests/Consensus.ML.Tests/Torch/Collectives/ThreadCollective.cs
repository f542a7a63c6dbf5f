using System.Diagnostics.CodeAnalysis;
using Consensus.ML.Torch.Collectives;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Collectives;

/// <summary>
/// Threads of this process in place of processes, so that a test needs no MPI. Where threads meet at exchanges that differ, or one leaves
/// alone, all fail at once. Real processes would wait for ever.
/// </summary>
internal sealed class ThreadCollective : ICollective
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Meeting _meeting;

    private ThreadCollective(Meeting meeting, int rank) => (_meeting, Rank) = (meeting, rank);

    public int Rank { get; }

    public int Size => _meeting.Places.Length;

    public int LocalRank => Rank;

    public int LocalSize => Size;

    /// <summary>Does work on as many threads; returns what each gave, or what it threw.</summary>
    public static (T? Result, Exception? Failure)[] Run<T>(int size, Func<ICollective, T> work)
    {
        var meeting = new Meeting(size);
        var outcomes = new (T?, Exception?)[size];
        Thread[] threads =
        [
            .. Enumerable.Range(0, size).Select(rank => new Thread(() =>
            {
                try
                {
                    outcomes[rank] = (work(new ThreadCollective(meeting, rank)), null);
                }
                catch (Exception exception)
                {
                    outcomes[rank] = (default, exception);
                }

                if (outcomes[rank].Item2?.IsCommon() == false)
                {
                    meeting.Leave();
                }
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(Patience)));
        return outcomes;
    }

    /// <summary>Does work that must succeed on all threads.</summary>
    public static T[] Succeed<T>(int size, Func<ICollective, T> work) => [.. Run(size, work).Select(outcome =>
    {
        Assert.Null(outcome.Failure);
        return outcome.Result!;
    })];

    public void Sum(Span<double> values)
    {
        double[][] all = Exchange(values.ToArray());
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = all.Sum(of => of[i]);
        }
    }

    public void SumOnMachine(Span<double> values) => Sum(values);

    public string? Prepare(Device device) => null;

    public void Sum(Tensor values)
    {
        using var none = no_grad();
        float[][] all = Exchange(values.data<float>().ToArray());
        float[] sum = all[0];
        foreach (float[] other in all[1..])
        {
            sum = [.. sum.Zip(other, (first, second) => first + second)];
        }

        using Tensor summed = tensor(sum);
        values.copy_(summed);
    }

    public void Broadcast(Span<byte> bytes, int from) => Exchange(bytes.ToArray())[from].CopyTo(bytes);

    [DoesNotReturn]
    public void Abort(string line)
    {
        _meeting.Leave();
        throw new InvalidOperationException(line);
    }

    public void Dispose()
    {
    }

    private T[][] Exchange<T>(T[] values)
    {
        _meeting.Places[Rank] = values;
        _meeting.Wait();
        T[][] all = [.. _meeting.Places.Select(place =>
            place is T[] same && same.Length == values.Length ? same : throw new InvalidOperationException("The exchanges differ."))];
        _meeting.Wait();
        return all;
    }

    private sealed class Meeting(int size)
    {
        private readonly Barrier _barrier = new(size);
        private readonly CancellationTokenSource _left = new();

        public Array?[] Places { get; } = new Array?[size];

        public void Leave() => _left.Cancel();

        public void Wait()
        {
            try
            {
                Assert.True(_barrier.SignalAndWait(Patience, _left.Token));
            }
            catch (OperationCanceledException exception)
            {
                throw new InvalidOperationException("Another thread left alone.", exception);
            }
        }
    }
}
