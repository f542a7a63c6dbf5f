using System.Diagnostics.CodeAnalysis;
using Consensus.ML.Serving.Images;
using Consensus.ML.Serving.Prediction;
using Consensus.ML.Serving.Queueing;
using Consensus.ML.Serving.Settings;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Consensus.ML.Serving;

/// <summary>The model of a server with its queue: loaded when the host starts, freed when the last request is done.</summary>
internal sealed class ConsensusService : IHostedService, IDisposable
{
    private readonly Func<ConsensusServingOptions, Func<IMapPredictor>> _loader;
    private PredictionPool? _pool;
    private ServedModel? _model;

    /// <param name="options">What is served, and how much.</param>
    /// <param name="metrics">What is counted.</param>
    /// <param name="decoder">Reads images.</param>
    /// <param name="encoder">Writes maps.</param>
    /// <param name="lifetime">Tells when the host begins to stop.</param>
    /// <param name="loader">Makes what loads a model; tests give one of their own.</param>
    public ConsensusService(
        IOptions<ConsensusServingOptions> options,
        ServingMetrics metrics,
        IImageDecoder decoder,
        IMapEncoder encoder,
        IHostApplicationLifetime lifetime,
        Func<ConsensusServingOptions, Func<IMapPredictor>> loader)
    {
        Options = options.Value;
        Options.Check();
        _loader = loader;
        Metrics = metrics;
        Decoder = decoder;
        Encoder = encoder;
        Stopping = lifetime.ApplicationStopping;
        Queue = new(Options.Workers, Options.QueueLength);

        // Images are decoded for display while others are predicted. It takes milliseconds, so that one at a time is enough.
        DisplayQueue = new(1, Options.QueueLength);
        Metrics.Observe(() => Queue.Waiting, () => Queue.Running);
    }

    public ConsensusServingOptions Options { get; }

    public ServingMetrics Metrics { get; }

    public IImageDecoder Decoder { get; }

    public IMapEncoder Encoder { get; }

    /// <summary>The queue of requests for maps.</summary>
    public RequestQueue Queue { get; }

    /// <summary>The queue of requests that only decode an image.</summary>
    public RequestQueue DisplayQueue { get; }

    /// <summary>Cancelled when the host begins to stop: what is inside is finished, nothing new is begun.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>The models; there when <see cref="TryGetModel"/> says so.</summary>
    public PredictionPool Pool => _pool ?? throw new InvalidOperationException("The model is not loaded yet.");

    /// <summary>Whether the model is loaded, and what it is.</summary>
    public bool TryGetModel([NotNullWhen(true)] out ServedModel? model)
    {
        model = _model;
        return model is not null;
    }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _pool = new(_loader(Options), Options.Workers);
        ServedModel model = await _pool.LoadedAsync();
        await Task.WhenAll(Enumerable.Range(0, Options.Workers).Select(_ => _pool.RunAsync(predictor =>
        {
            predictor.WarmUp(cancellationToken);
            return true;
        })));
        _model = model;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool?.Dispose();
        Queue.Dispose();
        DisplayQueue.Dispose();
    }
}
