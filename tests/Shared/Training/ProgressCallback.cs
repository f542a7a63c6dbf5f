using Consensus.ML.Options;

namespace Consensus.ML.Tests.Shared;

/// <summary>
/// Calls an action for each report of a training, on the thread that trains. <see cref="Progress{T}"/> may call it later.
/// </summary>
internal sealed class ProgressCallback(Action<TrainingProgress> action) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => action(value);
}
