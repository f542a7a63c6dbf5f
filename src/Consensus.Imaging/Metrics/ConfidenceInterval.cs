namespace Consensus.Imaging.Metrics;

/// <summary>An interval that covers a mean with a given confidence. Both ends are NaN if there is no interval.</summary>
/// <param name="Lower">The lower end.</param>
/// <param name="Upper">The upper end.</param>
public readonly record struct ConfidenceInterval(double Lower, double Upper)
{
    /// <summary>No interval, because there are no values, or because none was requested.</summary>
    public static ConfidenceInterval None { get; } = new(double.NaN, double.NaN);
}
