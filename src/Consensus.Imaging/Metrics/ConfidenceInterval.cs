namespace Consensus.Imaging.Metrics;

/// <summary>An interval that covers a mean with a given confidence; both ends NaN where there is none.</summary>
/// <param name="Lower">Its lower end.</param>
/// <param name="Upper">Its upper end.</param>
public readonly record struct ConfidenceInterval(double Lower, double Upper)
{
    /// <summary>No interval: nothing to average, or none asked for.</summary>
    public static ConfidenceInterval None { get; } = new(double.NaN, double.NaN);
}
