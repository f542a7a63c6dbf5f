using Microsoft.ML;

namespace Consensus.ML.Segmentation;

/// <summary>
/// A trainer of this library, whatever it trains. <see cref="SegmentationEstimator{TTransformer}"/> implements it. It does not extend
/// ML.NET's estimator interface: a type that implements that interface twice cannot be appended to a chain without a cast.
/// </summary>
internal interface ISegmentationEstimator
{
    /// <summary>Ends training early.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>Trains, and keeps the weights that are best on the validation cases.</summary>
    /// <param name="input">The training cases.</param>
    /// <param name="validation">The validation cases, transformed by the same steps as the training cases.</param>
    ITransformer FitWith(IDataView input, IDataView validation);

    /// <summary>The same estimator for one of several runs.</summary>
    /// <param name="run">The name of the run. Its checkpoints go to a folder of that name inside the estimator's folder.</param>
    /// <param name="cancellation">Ends the run early. It replaces the estimator's own token.</param>
    IEstimator<ITransformer> ForRun(string run, CancellationToken cancellation);
}
