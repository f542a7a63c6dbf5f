namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// A lock for one caller at a time, or for as many as each of them agrees to, in the order of their calls. A <see cref="SemaphoreSlim"/>
/// lets a new caller pass those who wait. If several threads call again and again, one of them may then wait very long.
/// </summary>
internal sealed class TurnQueue
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Place> _waiting = new();
    private int _holders;

    // The smallest number that those who have their turn agree to.
    private int _most;

    /// <summary>Number of callers that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Waits until it is the caller's turn. The caller must end its turn with <see cref="Release"/>.</summary>
    /// <param name="atOnce">How many may have their turns at the same time as the caller, with the caller: 1 for the caller alone.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the caller has no turn to release.</exception>
    public void Take(int atOnce, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        LinkedListNode<Place> place;
        lock (_lock)
        {
            if (_waiting.Count == 0 && IsFreeFor(atOnce))
            {
                Enter(atOnce);
                return;
            }

            place = _waiting.AddLast(new Place(atOnce));
        }

        try
        {
            place.Value.Given.Task.Wait(cancellation);
        }
        catch (OperationCanceledException)
        {
            GiveUp(place);
            throw;
        }
    }

    /// <summary>Gives the turn to the caller that has waited longest, and to those behind who may have it at the same time.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _holders--;
            GiveOn();
        }
    }

    private bool IsFreeFor(int atOnce) => _holders == 0 || _holders < Math.Min(atOnce, _most);

    private void Enter(int atOnce)
    {
        _most = _holders == 0 ? atOnce : Math.Min(atOnce, _most);
        _holders++;
    }

    private void GiveOn()
    {
        while (_waiting.First is { Value: var next } && IsFreeFor(next.AtOnce))
        {
            _waiting.RemoveFirst();
            Enter(next.AtOnce);
            next.Given.SetResult();
        }
    }

    private void GiveUp(LinkedListNode<Place> place)
    {
        bool given;
        lock (_lock)
        {
            given = place.List is null;
            if (!given)
            {
                // Those behind may have their turns at once, where this one could not.
                _waiting.Remove(place);
                GiveOn();
            }
        }

        // The turn came at the moment of cancelling. Pass it on, since others wait for it.
        if (given)
        {
            Release();
        }
    }

    private sealed record Place(int AtOnce)
    {
        public TaskCompletionSource Given { get; } = new();
    }
}
