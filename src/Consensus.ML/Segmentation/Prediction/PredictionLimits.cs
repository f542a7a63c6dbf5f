namespace Consensus.ML.Segmentation.Prediction;

/// <summary>What may end a prediction early. The limits belong to the use of a model, not to the model: they are not saved.</summary>
/// <param name="TimeLimit">Ends a prediction after this time, which includes the wait for earlier predictions; null for no limit.</param>
/// <param name="Cancellation">Ends a prediction when it is cancelled.</param>
internal sealed record PredictionLimits(TimeSpan? TimeLimit, CancellationToken Cancellation)
{
    public static PredictionLimits None { get; } = new(null, CancellationToken.None);

    /// <summary>Runs a prediction within the limits.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="TimeoutException">It took longer than the limit.</exception>
    public T Run<T>(Func<CancellationToken, T> predict)
    {
        if (TimeLimit is not TimeSpan limit)
        {
            return predict(Cancellation);
        }

        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        source.CancelAfter(limit);
        try
        {
            return predict(source.Token);
        }
        catch (OperationCanceledException exception) when (!Cancellation.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"The prediction took longer than its limit of {limit} (WithTimeLimit); fewer generations or "
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
