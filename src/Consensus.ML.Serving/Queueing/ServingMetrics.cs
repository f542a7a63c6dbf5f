using System.Diagnostics.Metrics;

namespace Consensus.ML.Serving.Queueing;

/// <summary>What a server counts, for whoever listens to its meter. Nothing in it tells of an image or a client.</summary>
internal sealed class ServingMetrics : IDisposable
{
    // From milliseconds to a minute, by steps of two or two and a half.
    private static readonly InstrumentAdvice<double> Seconds =
        new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60] };

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _refusals;
    private readonly Histogram<double> _map;
    private readonly Histogram<double> _wait;

    /// <param name="factory">Makes the meter.</param>
    public ServingMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(ServingMeter.Name);
        _requests = _meter.CreateCounter<long>("consensus.requests", "{request}", "Requests that were answered, by endpoint and status.");
        _refusals = _meter.CreateCounter<long>("consensus.refusals", "{request}", "Requests that were refused, by reason.");
        _map = _meter.CreateHistogram("consensus.map.duration", "s", "Time that the maps of one slice took.", null, Seconds);
        _wait = _meter.CreateHistogram("consensus.queue.duration", "s", "Time that a request waited for its turn.", null, Seconds);
    }

    /// <summary>Reads queue and work whenever the meter is read.</summary>
    public void Observe(Func<long> waiting, Func<long> running)
    {
        _meter.CreateObservableUpDownCounter("consensus.queue.length", waiting, "{request}", "Requests that wait for their turn.");
        _meter.CreateObservableUpDownCounter("consensus.requests.running", running, "{request}", "Requests that are predicted now.");
    }

    public void Answered(string endpoint, int status) => _requests.Add(1, new("endpoint", endpoint), new("status", status));

    public void Refused(string reason) => _refusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void MapTook(TimeSpan time) => _map.Record(time.TotalSeconds);

    public void Waited(TimeSpan time) => _wait.Record(time.TotalSeconds);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
