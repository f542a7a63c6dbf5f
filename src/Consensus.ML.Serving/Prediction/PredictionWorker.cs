using System.Collections.Concurrent;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Serving.Prediction;

/// <summary>
/// A thread with a loaded model of its own. torch keeps a pool of threads for each thread that computes: one thread that stays keeps one
/// pool, where the threads of .NET's pool would each get one.
/// </summary>
internal sealed class PredictionWorker : IDisposable
{
    private readonly BlockingCollection<Action<IMapPredictor>> _work = [];
    private readonly TaskCompletionSource<ServedModel> _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private bool _disposed;

    /// <param name="load">Loads the model, on the worker's thread.</param>
    public PredictionWorker(Func<IMapPredictor> load)
    {
        _thread = new Thread(() => Run(load)) { IsBackground = true, Name = nameof(PredictionWorker) };
        _thread.Start();
    }

    /// <summary>What its model is; fails as loading it failed.</summary>
    public Task<ServedModel> Loaded => _loaded.Task;

    /// <summary>Runs work with the model. The one who asks has a turn, so that nobody else does meanwhile.</summary>
    /// <param name="threads">The processor's threads that torch computes with; null for its own choice.</param>
    /// <param name="work">The work.</param>
    public Task<T> RunAsync<T>(int? threads, Func<IMapPredictor, T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(predictor =>
        {
            try
            {
                using IDisposable? setting = predictor.UsesTorch && threads is { } number ? TorchRuntime.UseThreads(number) : null;
                done.SetResult(work(predictor));
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });
        return done.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _work.CompleteAdding();
            _thread.Join();
            _work.Dispose();
        }
    }

    private void Run(Func<IMapPredictor> load)
    {
        IMapPredictor predictor;
        try
        {
            predictor = load();
        }
        catch (Exception exception)
        {
            _loaded.SetException(exception);
            return;
        }

        using (predictor)
        {
            _loaded.SetResult(predictor.Model);
            foreach (Action<IMapPredictor> work in _work.GetConsumingEnumerable())
            {
                work(predictor);
            }
        }
    }
}
