using Consensus.ML.Options;

namespace Consensus.ML.Torch.Models;

/// <summary>Predicts the maps of slices, with torch or with another runtime. Several threads may use it at once.</summary>
internal interface IMapModel : IDisposable
{
    /// <summary>Predicts the maps of one slice.</summary>
    /// <param name="features">Normalised image, C×H×W.</param>
    /// <param name="sampling">How to sample; its Seed is not used here.</param>
    /// <param name="seed">Seed of the random numbers in the prediction of this slice.</param>
    /// <param name="mirroring">The views that <see cref="SamplingOptions.Mirror"/> may take; null for the image alone.</param>
    /// <param name="keepSamples">Whether the prediction keeps every sampled map.</param>
    /// <param name="cancellation">Ends waiting for other predictions, or this one.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="NotFiniteOutputException">A value of the network's output is NaN or infinite.</exception>
    ConsensusPrediction Predict(
        ReadOnlySpan<float> features,
        SamplingOptions sampling,
        ulong seed,
        Mirroring? mirroring = null,
        bool keepSamples = false,
        CancellationToken cancellation = default);
}
