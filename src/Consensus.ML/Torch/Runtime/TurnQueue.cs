namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// A lock for one caller at a time, in the order of their calls. A <see cref="SemaphoreSlim"/> lets a new caller pass those who wait. If
/// several threads call again and again, one of them may then wait very long.
/// </summary>
internal sealed class TurnQueue
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private bool _taken;

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
    /// <exception cref="OperationCanceledException">The wait was cancelled; the caller has no turn to release.</exception>
    public void Take(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource> place;
        lock (_lock)
        {
            if (!_taken)
            {
                _taken = true;
                return;
            }

            place = _waiting.AddLast(new TaskCompletionSource());
        }

        try
        {
            place.Value.Task.Wait(cancellation);
        }
        catch (OperationCanceledException)
        {
            GiveUp(place);
            throw;
        }
    }

    /// <summary>Gives the turn to the caller that has waited longest.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                next.Value.SetResult();
            }
            else
            {
                _taken = false;
            }
        }
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource> place)
    {
        bool given;
        lock (_lock)
        {
            given = place.List is null;
            if (!given)
            {
                _waiting.Remove(place);
            }
        }

        // The turn came at the moment of cancelling. Pass it on, since others wait for it.
        if (given)
        {
            Release();
        }
    }
}
