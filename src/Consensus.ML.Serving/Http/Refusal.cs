namespace Consensus.ML.Serving.Http;

/// <summary>A request that is answered with an error: its status, and what the client reads.</summary>
/// <param name="status">The HTTP status, 400 or more.</param>
/// <param name="reason">A short word for the metrics, such as "queue-full".</param>
/// <param name="detail">What is wrong and what is allowed, for the client.</param>
/// <param name="inner">The cause; null where there is none.</param>
internal sealed class Refusal(int status, string reason, string detail, Exception? inner = null) : Exception(detail, inner)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>A short word for the metrics.</summary>
    public string Reason { get; } = reason;

    /// <summary>A further header of the answer; null for none.</summary>
    public (string Name, string Value)? Header { get; init; }

    /// <summary>When the client may try again; null where trying again does not help.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
