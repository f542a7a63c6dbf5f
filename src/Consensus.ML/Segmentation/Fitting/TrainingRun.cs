using Consensus.ML.Options;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>Where a training reports its progress, and how it can be ended early.</summary>
/// <param name="Progress">Receives a report after every step.</param>
/// <param name="Log">Receives notable events, one line each.</param>
/// <param name="Cancellation">Ends training early.</param>
internal sealed record TrainingRun(IProgress<TrainingProgress> Progress, Action<string> Log, CancellationToken Cancellation);
