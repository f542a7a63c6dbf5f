using System.Diagnostics;
using System.Threading.RateLimiting;

namespace Consensus.ML.Serving.Queueing;

/// <summary>
/// The bounds of a server's work: so many requests at a time have a turn, so many wait for theirs, in the order in which they asked, and
/// all others are turned away at once.
/// </summary>
/// <param name="turns">Requests that may have a turn at a time.</param>
/// <param name="waiting">Requests that may wait beside them.</param>
internal sealed class RequestQueue(int turns, int waiting) : IDisposable
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromSeconds(1), LongestRetry = TimeSpan.FromSeconds(60);

    // A request holds memory from its arrival to the last byte of its answer, so it counts for all of that time.
    private readonly ConcurrencyLimiter _places = new(new() { PermitLimit = turns + waiting, QueueLimit = 0 });
    private readonly ConcurrencyLimiter _turns = new(
        new() { PermitLimit = turns, QueueLimit = turns + waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    private double _secondsOfTurn = 1;

    /// <summary>Requests that wait for a turn now.</summary>
    public long Waiting => _turns.GetStatistics()!.CurrentQueuedCount;

    /// <summary>Requests that have a turn now.</summary>
    public long Running => turns - _turns.GetStatistics()!.CurrentAvailablePermits;

    /// <summary>About how long a request that comes now would wait, as far as the last requests tell.</summary>
    public TimeSpan Estimate
    {
        get
        {
            double seconds = Volatile.Read(ref _secondsOfTurn) * (Waiting + 1) / turns;
            return TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(seconds), ShortestRetry.TotalSeconds, LongestRetry.TotalSeconds));
        }
    }

    /// <summary>Takes a place; null where there is none. It must be disposed.</summary>
    public IDisposable? TryEnter()
    {
        RateLimitLease lease = _places.AttemptAcquire();
        if (lease.IsAcquired)
        {
            return lease;
        }

        lease.Dispose();
        return null;
    }

    /// <summary>Waits for a turn. It must be disposed.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public async Task<IDisposable> TakeTurnAsync(CancellationToken cancellation)
    {
        RateLimitLease lease = await _turns.AcquireAsync(1, cancellation);
        return lease.IsAcquired
            ? new Turn(this, lease)
            : throw new InvalidOperationException("There are more requests in the queue than places: each must enter it first.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _places.Dispose();
        _turns.Dispose();
    }

    private void Took(TimeSpan time)
    {
        // A moving mean: the last ten or so requests count.
        const double share = 0.1;
        Volatile.Write(ref _secondsOfTurn, ((1 - share) * Volatile.Read(ref _secondsOfTurn)) + (share * time.TotalSeconds));
    }

    private sealed class Turn(RequestQueue queue, RateLimitLease lease) : IDisposable
    {
        private readonly long _begun = Stopwatch.GetTimestamp();
        private bool _disposed;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _disposed, true))
            {
                queue.Took(Stopwatch.GetElapsedTime(_begun));
                lease.Dispose();
            }
        }
    }
}
