using System.Collections.Concurrent;

namespace Consensus.ML.Serving.Prediction;

/// <summary>As many loaded models as requests may be predicted at a time. Who has a turn takes one and gives it back.</summary>
internal sealed class PredictionPool : IDisposable
{
    private readonly PredictionWorker[] _workers;
    private readonly ConcurrentBag<PredictionWorker> _free = [];

    /// <param name="load">Loads a model; called once for each worker.</param>
    /// <param name="workers">How many there are.</param>
    /// <param name="threads">The processor's threads of each; null for torch's own choice.</param>
    public PredictionPool(Func<IMapPredictor> load, int workers, int? threads)
    {
        _workers = [.. Enumerable.Range(0, workers).Select(_ => new PredictionWorker(load, threads))];
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

        try
        {
            return await worker.RunAsync(work);
        }
        finally
        {
            _free.Add(worker);
        }
    }

    /// <summary>Ends the threads and frees the models, when what they are at is done.</summary>
    public void Dispose() => Array.ForEach(_workers, worker => worker.Dispose());
}
