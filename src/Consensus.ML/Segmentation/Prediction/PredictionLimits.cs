namespace Consensus.ML.Segmentation.Prediction;

/// <summary>What may end a prediction early. The limits belong to the use of a model, not to the model: they are not saved.</summary>
/// <param name="TimeLimit">Ends a prediction after this time, which includes the wait for earlier predictions; null for no limit.</param>
/// <param name="Cancellation">Ends a prediction when it is cancelled.</param>
internal sealed record PredictionLimits(TimeSpan? TimeLimit, CancellationToken Cancellation)
{
    public static PredictionLimits None { get; } = new(null, CancellationToken.None);

    /// <summary>Runs a prediction within the limits.</summary>
    /// <param name="predict">The prediction.</param>
    /// <param name="stop">Ends it too: nobody wants it any more.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="TimeoutException">It took longer than the limit.</exception>
    public T Run<T>(Func<CancellationToken, T> predict, CancellationToken stop = default)
    {
        if (TimeLimit is null && !stop.CanBeCanceled)
        {
            return predict(Cancellation);
        }

        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation, stop);
        if (TimeLimit is TimeSpan limit)
        {
            source.CancelAfter(limit);
        }

        try
        {
            return predict(source.Token);
        }
        catch (OperationCanceledException exception)
            when (!Cancellation.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"The prediction took longer than its limit of {TimeLimit} (WithTimeLimit); fewer generations or "
                + "sampling steps (WithSampling) take less.",
                exception);
        }
        catch (OperationCanceledException exception)
        {
            // Names the token that the caller passed, not the linked token of this method.
            throw new OperationCanceledException(exception.Message, exception, Cancellation);
        }
    }
}
