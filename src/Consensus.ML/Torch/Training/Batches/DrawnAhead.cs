namespace Consensus.ML.Torch.Training.Batches;

/// <summary>
/// Draws what the next step needs on another thread while the step before it is computed, so that no device waits for it. What a step
/// draws depends on nothing but its number, thus not on when it is drawn or whether a step was skipped.
/// </summary>
/// <param name="draw">Draws what a step needs; never called by two threads at a time.</param>
/// <typeparam name="T">What a step needs.</typeparam>
internal sealed class DrawnAhead<T>(Func<long, T> draw) : IDisposable
{
    private Task<T>? _ahead;
    private long _aheadStep;

    /// <summary>What a step needs, from 0; then begins the step after it.</summary>
    public T Take(long step)
    {
        T taken = _ahead is not null && _aheadStep == step ? _ahead.GetAwaiter().GetResult() : Afresh(step);
        long next = _aheadStep = step + 1;
        _ahead = Task.Run(() => draw(next));
        return taken;
    }

    /// <summary>Waits for what is being drawn, which nobody will take.</summary>
    public void Dispose() => Wait();

    private T Afresh(long step)
    {
        Wait();
        return draw(step);
    }

    // Does not throw what drawing threw: nobody takes that.
    private void Wait()
    {
        if (_ahead is not null)
        {
            Task.WhenAny(_ahead).Wait();
        }
    }
}
