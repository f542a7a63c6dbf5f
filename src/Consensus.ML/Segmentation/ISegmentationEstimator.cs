using Microsoft.ML;

namespace Consensus.ML.Segmentation;

/// <summary>
/// What the estimators of this library that train a network can be asked for inside a pipeline. Each is an estimator, too; that is not
/// said here, for a type with two of ML.NET's estimator interfaces could not be appended to a chain without saying which is meant.
/// </summary>
internal interface ISegmentationEstimator
{
    /// <summary>What ends its training early.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>Trains with cases of their own to choose the best weights by.</summary>
    /// <param name="input">The training cases.</param>
    /// <param name="validation">The others, transformed as the training cases are.</param>
    ITransformer FitWith(IDataView input, IDataView validation);

    /// <summary>The same estimator for one of several runs.</summary>
    /// <param name="run">The run's name: its checkpoints go to a folder of that name in the estimator's.</param>
    /// <param name="cancellation">Ends the run early, in place of the estimator's own token.</param>
    IEstimator<ITransformer> ForRun(string run, CancellationToken cancellation);
}
