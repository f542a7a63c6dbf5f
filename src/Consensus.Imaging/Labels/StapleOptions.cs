using System.Globalization;

namespace Consensus.Imaging.Labels;

/// <summary>The starting values of <see cref="Staple"/>, and its stopping rule.</summary>
public sealed record StapleOptions
{
    /// <summary>Every rater's sensitivity before the first iteration, in (0.5, 1). Default 0.99999, as Warfield et al. recommend.</summary>
    public double InitialSensitivity { get; init; } = 0.99999;

    /// <summary>Every rater's specificity before the first iteration, in (0.5, 1). Default 0.99999, as Warfield et al. recommend.</summary>
    public double InitialSpecificity { get; init; } = 0.99999;

    /// <summary>
    /// Prior probability that a pixel belongs to the structure, in (0, 1). Null (the default) takes the mean of all decisions, as in the
    /// paper.
    /// </summary>
    public double? Prior { get; init; }

    /// <summary>
    /// Iterations end when no sensitivity and no specificity changes by more than this value, at least 0. Default 1e-7, as in the Insight
    /// Toolkit (ITK) and SimpleITK.
    /// </summary>
    public double Tolerance { get; init; } = 1e-7;

    /// <summary>The largest number of iterations, at least 1. Default 1000; ITK has no limit.</summary>
    public int MaximumIterations { get; init; } = 1000;

    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    internal void Check()
    {
        CheckBetween(nameof(InitialSensitivity), InitialSensitivity, 0.5);
        CheckBetween(nameof(InitialSpecificity), InitialSpecificity, 0.5);
        if (Prior is double prior)
        {
            CheckBetween(nameof(Prior), prior, 0);
        }

        if (!(Tolerance >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(Tolerance), Tolerance, $"{nameof(Tolerance)} must be at least 0.");
        }

        if (MaximumIterations < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaximumIterations), MaximumIterations, $"{nameof(MaximumIterations)} must be at least 1.");
        }
    }

    private static void CheckBetween(string name, double value, double low)
    {
        if (!(value > low && value < 1))
        {
            throw new ArgumentOutOfRangeException(name, value, string.Create(
                CultureInfo.InvariantCulture,
                $"{name} must be above {low} and below 1."));
        }
    }
}
