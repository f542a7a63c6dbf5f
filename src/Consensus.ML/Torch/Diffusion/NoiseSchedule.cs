using Consensus.ML.Options;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>
/// The numbers of a diffusion process q(x_t | x_0) = N(√ᾱ_t x_0, (1 − ᾱ_t) I) over t = 0..T−1 (Ho et al. 2020, sections 2 and
/// 3), in double precision.
/// </summary>
internal sealed class NoiseSchedule
{
    private NoiseSchedule(double[] betas, double[] alphasCumulative, int[] times)
    {
        int steps = betas.Length;
        Betas = betas;
        AlphasCumulative = alphasCumulative;
        Times = times;
        PosteriorVariance = new double[steps];
        PosteriorLogVarianceClipped = new double[steps];
        PosteriorMeanStart = new double[steps];
        PosteriorMeanCurrent = new double[steps];
        for (int t = 0; t < steps; t++)
        {
            double current = alphasCumulative[t], previous = AlphaCumulativeBefore(t);
            PosteriorVariance[t] = betas[t] * (1 - previous) / (1 - current);
            PosteriorMeanStart[t] = betas[t] * Math.Sqrt(previous) / (1 - current);
            PosteriorMeanCurrent[t] = (1 - previous) * Math.Sqrt(1 - betas[t]) / (1 - current);
        }

        for (int t = 0; t < steps; t++)
        {
            // The variance at t = 0 is 0, so its logarithm is replaced by that at t = 1 (with a single step, by the smallest logarithm).
            double variance = t > 0 ? PosteriorVariance[t] : steps > 1 ? PosteriorVariance[1] : 1e-20;
            PosteriorLogVarianceClipped[t] = Math.Log(variance);
        }
    }

    /// <summary>Number of steps.</summary>
    public int Steps => Betas.Length;

    /// <summary>β_t.</summary>
    public double[] Betas { get; }

    /// <summary>ᾱ_t, the product of 1 − β up to t.</summary>
    public double[] AlphasCumulative { get; }

    /// <summary>β̃_t, the variance of q(x_{t−1} | x_t, x_0).</summary>
    public double[] PosteriorVariance { get; }

    /// <summary>log β̃_t, with the value at t = 1 at t = 0.</summary>
    public double[] PosteriorLogVarianceClipped { get; }

    /// <summary>Weight of x_0 in the mean of q(x_{t−1} | x_t, x_0).</summary>
    public double[] PosteriorMeanStart { get; }

    /// <summary>Weight of x_t in the mean of q(x_{t−1} | x_t, x_0).</summary>
    public double[] PosteriorMeanCurrent { get; }

    /// <summary>The time t that the network receives at each step: 0..T−1, or the times that a subsequence keeps.</summary>
    public int[] Times { get; }

    /// <summary>ᾱ of the step before t; 1 before the first.</summary>
    public double AlphaCumulativeBefore(int t) => t == 0 ? 1 : AlphasCumulative[t - 1];

    /// <summary>A schedule over all T steps with one of the <see cref="NoiseFormulas"/>.</summary>
    /// <param name="kind">The formula.</param>
    /// <param name="steps">T, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such formula, or T is less than 1.</exception>
    public static NoiseSchedule Create(NoiseScheduleKind kind, int steps)
    {
        double[] betas = NoiseFormulas.Betas(kind, steps);
        var alphasCumulative = new double[steps];
        double product = 1;
        for (int t = 0; t < steps; t++)
        {
            product *= 1 - betas[t];
            alphasCumulative[t] = product;
        }

        return new(betas, alphasCumulative, [.. Enumerable.Range(0, steps)]);
    }

    /// <summary>
    /// The schedule over an evenly spaced subsequence of the steps, both ends included (a single step is the last, noisiest one).
    /// </summary>
    /// <param name="count">Number of steps kept, 1 to <see cref="Steps"/>.</param>
    public NoiseSchedule Subsequence(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Steps);
        if (count == Steps)
        {
            return this;
        }

        int[] kept = count == 1
            ? [Steps - 1]
            : [.. Enumerable.Range(0, count).Select(i => (int)Math.Round(i * (Steps - 1.0) / (count - 1), MidpointRounding.ToEven))];
        var betas = new double[count];
        for (int i = 0; i < count; i++)
        {
            // Between kept steps the signal shrinks by the ratio of their ᾱ (Nichol and Dhariwal 2021, section 4).
            betas[i] = 1 - (AlphasCumulative[kept[i]] / (i == 0 ? 1 : AlphasCumulative[kept[i - 1]]));
        }

        return new(betas, [.. kept.Select(t => AlphasCumulative[t])], [.. kept.Select(t => Times[t])]);
    }
}
