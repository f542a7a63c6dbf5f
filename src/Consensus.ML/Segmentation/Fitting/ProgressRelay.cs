using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>
/// Passes progress on to the user. With every report it asks whether the <see cref="MLContext"/> was cancelled, which has no
/// token for that.
/// </summary>
internal sealed class ProgressRelay(
    IHostEnvironment environment,
    IHost host,
    IProgress<TrainingProgress>? user,
    CancellationTokenSource cancellation) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        if (host.IsCanceled() || environment.IsCanceled())
        {
            cancellation.Cancel();
        }

        user?.Report(value);
    }
}
