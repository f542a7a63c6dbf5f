using Consensus.Imaging;

namespace Consensus.ML.Serving.Prediction;

/// <summary>A loaded model that predicts slices. One thread uses it at a time.</summary>
internal interface IMapPredictor : IDisposable
{
    /// <summary>What the model is.</summary>
    ServedModel Model { get; }

    /// <summary>Whether torch computes, on as many threads as the calling thread says.</summary>
    bool UsesTorch { get; }

    /// <summary>
    /// Predicts once, as briefly as the model can: the first prediction takes several times as long as the next ones, and shows whether the
    /// model can predict at all.
    /// </summary>
    /// <param name="cancellation">Ends the prediction.</param>
    void WarmUp(CancellationToken cancellation);

    /// <summary>Predicts slices in their order.</summary>
    /// <param name="slices">The slices of one image, each at its own size.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="took">Receives the time that each slice took.</param>
    /// <param name="cancellation">Ends the prediction.</param>
    /// <exception cref="ArgumentException">An option does not suit the model, or a slice has another number of channels.</exception>
    /// <exception cref="InvalidOperationException">A slice has values that cannot be predicted.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    IReadOnlyList<SliceMaps> Predict(
        IReadOnlyList<Slice> slices, PredictionRequest request, Action<TimeSpan> took, CancellationToken cancellation);
}
