using Consensus.ML.Options;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>
/// The formulas of the noise schedules, one method each: from the number of steps T to β_0 … β_{T−1}, each above 0 and below 1.
/// A formula in terms of the signal ᾱ uses <see cref="BetasOfSignal"/>.
/// </summary>
internal static class NoiseFormulas
{
    // Nichol and Dhariwal 2021, section 3.2: a larger β makes the last steps singular.
    private const double LargestBeta = 0.999;

    private static readonly Dictionary<NoiseScheduleKind, Func<int, double[]>> Formulas = new()
    {
        [NoiseScheduleKind.Linear] = Linear,
        [NoiseScheduleKind.Cosine] = Cosine,
    };

    /// <summary>β_t for t = 0..T−1.</summary>
    /// <param name="kind">The formula.</param>
    /// <param name="steps">T, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such formula, or T is less than 1.</exception>
    public static double[] Betas(NoiseScheduleKind kind, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return Formulas.TryGetValue(kind, out Func<int, double[]>? formula)
            ? formula(steps)
            : throw new ArgumentOutOfRangeException(
                nameof(kind), kind, $"The noise schedule must be one of {string.Join(", ", Formulas.Keys)}.");
    }

    /// <summary>
    /// β equally spaced from 1000/T · 0.0001 to 1000/T · 0.02 (Ho et al. 2020, section 4, for T = 1000), the last at most 0.8.
    /// </summary>
    private static double[] Linear(int steps)
    {
        double scale = 1000.0 / steps, first = scale * 1e-4, last = Math.Min(scale * 0.02, 0.8);
        return [.. Enumerable.Range(0, steps).Select(t => steps == 1 ? first : first + (t * ((last - first) / (steps - 1))))];
    }

    /// <summary>ᾱ(u) = cos²((u + 0.008)/1.008 · π/2) (Nichol and Dhariwal 2021, equation 17).</summary>
    private static double[] Cosine(int steps) =>
        BetasOfSignal(steps, time => Math.Pow(Math.Cos((time + 0.008) / 1.008 * Math.PI / 2), 2));

    /// <summary>
    /// β_t = 1 − ᾱ((t + 1)/T) / ᾱ(t/T), at most 0.999 (Nichol and Dhariwal 2021, section 3.2).
    /// </summary>
    /// <param name="steps">T.</param>
    /// <param name="signal">ᾱ at the share u of the time, 0 (clean) to 1 (noise): above 0 below u = 1, and falling.</param>
    private static double[] BetasOfSignal(int steps, Func<double, double> signal) =>
        [.. Enumerable.Range(0, steps).Select(t => Math.Min(1 - (signal((t + 1.0) / steps) / signal((double)t / steps)), LargestBeta))];
}
