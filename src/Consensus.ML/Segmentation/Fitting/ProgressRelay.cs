using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>Passes progress on to the user, and listens for cancellation of the <see cref="MLContext"/>, which has no token.</summary>
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
