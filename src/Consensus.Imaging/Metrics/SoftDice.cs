namespace Consensus.Imaging.Metrics;

/// <summary>
/// Soft Dice: two soft maps are cut at several thresholds, and the Dice is averaged over the thresholds. It is the main score of QUBIQ and
/// of Amit et al. 2023 (section 4).
/// </summary>
/// <remarks>
/// At a threshold τ, both maps are cut by <c>value &gt;= τ</c> in single precision, as in the published implementation. So three of ten
/// raters count at τ = 0.3, because the quotient and the threshold are rounded to the same number. TP is the number of pixels in both cut
/// maps, FP the number of pixels only in the prediction, and FN the number of pixels only in the truth. Dice is (2·TP + s) / (2·TP + FP +
/// FN + s) with s = 1e-6, so two empty maps score 1.
/// </remarks>
public static class SoftDice
{
    /// <summary>The value s of the formula. It makes the Dice of two empty maps 1.</summary>
    public const double Smoothing = 1e-6;

    /// <summary>0.1, 0.3, 0.5, 0.7, 0.9: the thresholds of QUBIQ and of the paper's tables.</summary>
    public static IReadOnlyList<float> FiveThresholds { get; } = Array.AsReadOnly([0.1f, 0.3f, 0.5f, 0.7f, 0.9f]);

    /// <summary>0.1, 0.2, … 0.9.</summary>
    public static IReadOnlyList<float> NineThresholds { get; } = Array.AsReadOnly([0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f]);

    /// <summary>Dice of the two maps cut at one threshold.</summary>
    /// <param name="prediction">Predicted soft map, one value per pixel. A NaN counts as below every threshold.</param>
    /// <param name="truth">True soft map (share of raters), in the same order.</param>
    /// <param name="threshold">
    /// The threshold for both maps. Any number except NaN is allowed, but only values in (0, 1] are useful.
    /// </param>
    /// <returns>Between 0 and 1. It is 1 if neither map reaches the threshold at any pixel.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths, or <paramref name="threshold"/> is NaN.</exception>
    public static double At(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth, float threshold)
    {
        if (float.IsNaN(threshold))
        {
            throw new ArgumentException("A threshold is a number; NaN was given.", nameof(threshold));
        }

        Overlap overlap = Overlap.AtLeast(prediction, truth, threshold);
        return ((2.0 * overlap.Both) + Smoothing) / (overlap.Predicted + (double)overlap.True + Smoothing);
    }

    /// <summary>Dice of the two maps cut at each of several thresholds.</summary>
    /// <param name="prediction">Predicted soft map, one value per pixel.</param>
    /// <param name="truth">True soft map, in the same order.</param>
    /// <param name="thresholds">The thresholds; usually <see cref="FiveThresholds"/> or <see cref="NineThresholds"/>.</param>
    /// <returns>One value in [0, 1] for each threshold, in their order.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths, or a threshold is NaN.</exception>
    public static double[] AtEach(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth, IReadOnlyList<float> thresholds)
    {
        ArgumentNullException.ThrowIfNull(thresholds);
        var dice = new double[thresholds.Count];
        for (int i = 0; i < dice.Length; i++)
        {
            dice[i] = At(prediction, truth, thresholds[i]);
        }

        return dice;
    }

    /// <summary>Soft Dice: the mean of <see cref="AtEach"/>.</summary>
    /// <param name="prediction">Predicted soft map, one value per pixel.</param>
    /// <param name="truth">True soft map, in the same order.</param>
    /// <param name="thresholds">At least one threshold; <see cref="FiveThresholds"/> for the paper's score.</param>
    /// <returns>Between 0 and 1.</returns>
    /// <exception cref="ArgumentException">The maps have different lengths, no threshold is given, or one is NaN.</exception>
    public static double Mean(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth, IReadOnlyList<float> thresholds)
    {
        ArgumentNullException.ThrowIfNull(thresholds);
        if (thresholds.Count == 0)
        {
            throw new ArgumentException("Soft Dice needs at least one threshold.", nameof(thresholds));
        }

        return AtEach(prediction, truth, thresholds).Average();
    }
}
