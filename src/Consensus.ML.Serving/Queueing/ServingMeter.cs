namespace Consensus.ML.Serving.Queueing;

/// <summary>
/// The meter that a server counts with, for exporters: with the packages of OpenTelemetry, <c>AddOpenTelemetry().WithMetrics(metrics =>
/// metrics.AddMeter(ServingMeter.Name))</c>.
/// </summary>
public static class ServingMeter
{
    /// <summary>
    /// The name of the <see cref="System.Diagnostics.Metrics.Meter"/>. It has the counters <c>consensus.requests</c> (by endpoint and
    /// status) and <c>consensus.refusals</c> (by reason), the gauges <c>consensus.queue.length</c> and <c>consensus.requests.running</c>,
    /// and the histograms <c>consensus.map.duration</c> and <c>consensus.queue.duration</c>, in seconds.
    /// </summary>
    public const string Name = "Consensus.ML.Serving";
}
