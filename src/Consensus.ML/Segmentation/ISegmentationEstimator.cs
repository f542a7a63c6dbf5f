using Microsoft.ML;

namespace Consensus.ML.Segmentation;

/// <summary>
/// A trainer of this library, whatever it trains: <see cref="SegmentationEstimator{TTransformer}"/> implements it. It does not extend
/// ML.NET's estimator interface, because a type with two of these could not be appended to a chain without naming one.
/// </summary>
internal interface ISegmentationEstimator
{
    /// <summary>Ends training early.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>Trains, and chooses the best weights by validation cases.</summary>
    /// <param name="input">The training cases.</param>
    /// <param name="validation">The validation cases, transformed as the training cases are.</param>
    ITransformer FitWith(IDataView input, IDataView validation);

    /// <summary>The same estimator for one of several runs.</summary>
    /// <param name="run">The name of the run: its checkpoints go to a folder of that name inside the estimator's folder.</param>
    /// <param name="cancellation">Ends the run early, in place of the estimator's own token.</param>
    IEstimator<ITransformer> ForRun(string run, CancellationToken cancellation);
}
