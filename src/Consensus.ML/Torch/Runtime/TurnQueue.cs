namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// A lock for one caller at a time, or for several who agree to share it, in the order of their calls. A <see cref="SemaphoreSlim"/> lets a
/// new caller pass those who wait. If several threads call again and again, one of them may then wait very long.
/// </summary>
internal sealed class TurnQueue
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Place> _waiting = new();
    private int _holders;
    private bool _isShared;

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
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="share">Whether others who share may have their turns at the same time.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the caller has no turn to release.</exception>
    public void Take(CancellationToken cancellation, bool share = false)
    {
        cancellation.ThrowIfCancellationRequested();
        LinkedListNode<Place> place;
        lock (_lock)
        {
            if (_waiting.Count == 0 && IsFreeFor(share))
            {
                Enter(share);
                return;
            }

            place = _waiting.AddLast(new Place(share));
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

    /// <summary>Gives the turn to the caller that has waited longest, and with it to those behind who share it.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _holders--;
            GiveOn();
        }
    }

    private bool IsFreeFor(bool share) => _holders == 0 || (share && _isShared);

    private void Enter(bool share) => (_holders, _isShared) = (_holders + 1, share);

    private void GiveOn()
    {
        while (_waiting.First is { Value: var next } && IsFreeFor(next.Shares))
        {
            _waiting.RemoveFirst();
            Enter(next.Shares);
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
                // Those behind may share the turn that this one waited for the end of.
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

    private sealed record Place(bool Shares)
    {
        public TaskCompletionSource Given { get; } = new();
    }
}
