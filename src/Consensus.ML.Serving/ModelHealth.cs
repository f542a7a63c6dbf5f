using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Consensus.ML.Serving;

/// <summary>Whether requests are taken: the model is loaded, and the server does not stop.</summary>
internal sealed class ModelHealth(ConsensusService service) : IHealthCheck
{
    /// <summary>The tag of checks that say whether requests are taken.</summary>
    public const string Tag = "ready";

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            service.Stopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("The server is shutting down.")
            : service.TryGetModel(out _) ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("The model is not loaded yet."));
}
