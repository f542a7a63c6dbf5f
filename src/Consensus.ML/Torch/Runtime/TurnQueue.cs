namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// One at a time, in the order of asking. A <see cref="SemaphoreSlim"/> lets whoever comes just then pass those who wait, so that of
/// several threads that ask again and again one may wait for many times its turn.
/// </summary>
internal sealed class TurnQueue
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private bool _taken;

    /// <summary>How many wait.</summary>
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

    /// <summary>Waits until it is the caller's turn, who must give it on with <see cref="Release"/>.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; there is no turn to give on.</exception>
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

    /// <summary>Gives the turn to who has waited longest.</summary>
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

        // The turn came in the moment of cancelling: others wait for it.
        if (given)
        {
            Release();
        }
    }
}
