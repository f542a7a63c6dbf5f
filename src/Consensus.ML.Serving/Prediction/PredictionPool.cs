using System.Collections.Concurrent;

namespace Consensus.ML.Serving.Prediction;

/// <summary>As many loaded models as requests may be predicted at a time. Who has a turn takes one and gives it back.</summary>
internal sealed class PredictionPool : IDisposable
{
    private readonly PredictionWorker[] _workers;
    private readonly ConcurrentBag<PredictionWorker> _free = [];
    private int _busy;

    /// <param name="load">Loads a model; called once for each worker.</param>
    /// <param name="workers">How many there are.</param>
    public PredictionPool(Func<IMapPredictor> load, int workers)
    {
        _workers = [.. Enumerable.Range(0, workers).Select(_ => new PredictionWorker(load))];
        Array.ForEach(_workers, _free.Add);
    }

    /// <summary>Waits until every model is loaded.</summary>
    /// <returns>What the model is.</returns>
    public async Task<ServedModel> LoadedAsync() => (await Task.WhenAll(_workers.Select(worker => worker.Loaded)))[0];

    /// <summary>Runs work on a model that is free. The caller has a turn of the queue, so that there is one.</summary>
    public async Task<T> RunAsync<T>(Func<IMapPredictor, T> work)
    {
        if (!_free.TryTake(out PredictionWorker? worker))
        {
            throw new InvalidOperationException("More requests are predicted than there are models: each must have a turn.");
        }

        // Two predictions with one thread each give more maps than one after another with two; a lone one is faster with two.
        int busy = Interlocked.Increment(ref _busy);
        try
        {
            int? threads = _workers.Length == 1 ? null : Math.Max(1, Environment.ProcessorCount / busy);
            return await worker.RunAsync(threads, work);
        }
        finally
        {
            Interlocked.Decrement(ref _busy);
            _free.Add(worker);
        }
    }

    /// <summary>Ends the threads and frees the models, when what they are at is done.</summary>
    public void Dispose() => Array.ForEach(_workers, worker => worker.Dispose());
}
