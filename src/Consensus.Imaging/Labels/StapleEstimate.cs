namespace Consensus.Imaging.Labels;

/// <summary>The result of <see cref="Staple"/>.</summary>
public sealed class StapleEstimate
{
    internal StapleEstimate(float[] probability, PerformanceEstimate performance)
    {
        Probability = probability;
        Sensitivity = Array.AsReadOnly(performance.Sensitivity);
        Specificity = Array.AsReadOnly(performance.Specificity);
        Prior = performance.Prior;
        Iterations = performance.Iterations;
        Converged = performance.Converged;
    }

    /// <summary>
    /// For each pixel, row by row, the probability that it truly belongs to the structure: height × width values in [0, 1].
    /// </summary>
    public float[] Probability { get; }

    /// <summary>
    /// For each rater, the share of the true pixels that the rater marked, in [0, 1]. NaN if no pixel is true, because nobody marked any.
    /// </summary>
    public IReadOnlyList<double> Sensitivity { get; }

    /// <summary>
    /// For each rater, the share of the other pixels that the rater did not mark, in [0, 1]. NaN if every pixel is true, because everybody
    /// marked all of them.
    /// </summary>
    public IReadOnlyList<double> Specificity { get; }

    /// <summary>The prior probability that was used, in [0, 1].</summary>
    public double Prior { get; }

    /// <summary>Number of iterations done.</summary>
    public int Iterations { get; }

    /// <summary>Whether the iterations ended because nothing changed any more, and not because there were too many.</summary>
    public bool Converged { get; }

    /// <summary>The pixels that belong to the structure with a probability above one half.</summary>
    /// <returns>Height × width values of 0 or 1, row by row.</returns>
    public byte[] ToMask() => Array.ConvertAll(Probability, value => value > 0.5f ? (byte)1 : (byte)0);
}
