using Consensus.ML.Options;
using Consensus.ML.Torch.Collectives;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>How many networks a training has, where it reports its progress, and how it can be ended early.</summary>
/// <param name="Members">Number of networks to train side by side.</param>
/// <param name="Processes">The processes that train together.</param>
/// <param name="Progress">Receives a report after every step.</param>
/// <param name="Log">Receives notable events, one line each.</param>
/// <param name="Cancellation">Ends training early.</param>
internal sealed record TrainingRun(
    int Members, ICollective Processes, IProgress<TrainingProgress> Progress, Action<string> Log, CancellationToken Cancellation);
