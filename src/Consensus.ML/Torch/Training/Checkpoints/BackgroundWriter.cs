using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Torch.Training.Checkpoints;

/// <summary>Writes files on a thread beside the training, one piece of work at a time.</summary>
internal sealed class BackgroundWriter
{
    private Task? _work;

    /// <summary>Whether the last work has ended and <see cref="Finish"/> has not been called since.</summary>
    public bool HasEnded => _work?.IsCompleted == true;

    /// <summary>Begins some work. The work before it must be finished.</summary>
    public void Begin(Action work)
    {
        if (_work is not null)
        {
            throw new InvalidOperationException("The work before is not finished.");
        }

        _work = Task.Factory.StartNew(
            () =>
            {
                // Training has the other processors.
                using TorchThreads one = TorchThreads.Use(1);
                work();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    /// <summary>Waits for the work that has begun.</summary>
    /// <param name="patience">How long to wait.</param>
    /// <returns>False if the work has not ended in that time; it then goes on.</returns>
    public bool Wait(TimeSpan patience) => _work is not { } work || ((IAsyncResult)work).AsyncWaitHandle.WaitOne(patience);

    /// <summary>Waits for the work that has begun without a limit, and throws what it threw.</summary>
    public void Finish()
    {
        if (_work is { } work)
        {
            _work = null;
            work.GetAwaiter().GetResult();
        }
    }
}
