namespace Consensus.ML.Torch.Training.Batches;

/// <summary>
/// Draws the samples of the next step on another thread while the current step is computed, so that no device waits for them. The samples
/// depend only on the number of the step, not on the time when they are drawn or on skipped steps.
/// </summary>
/// <param name="draw">Draws the samples of a step; never called by two threads at a time.</param>
/// <typeparam name="T">The samples of a step.</typeparam>
internal sealed class DrawnAhead<T>(Func<long, T> draw) : IDisposable
{
    private Task<T>? _ahead;
    private long _aheadStep;

    /// <summary>Returns the samples of a step, from 0, and begins to draw the samples of the following step.</summary>
    public T Take(long step)
    {
        T taken = _ahead is not null && _aheadStep == step ? _ahead.GetAwaiter().GetResult() : Afresh(step);
        long next = _aheadStep = step + 1;
        _ahead = Task.Run(() => draw(next));
        return taken;
    }

    /// <summary>Waits until drawing has ended; the result is dropped.</summary>
    public void Dispose() => Wait();

    private T Afresh(long step)
    {
        Wait();
        return draw(step);
    }

    // Ignores exceptions of drawing, since nobody takes its result.
    private void Wait()
    {
        if (_ahead is not null)
        {
            Task.WhenAny(_ahead).Wait();
        }
    }
}
