namespace Consensus.Imaging.Metrics;

/// <summary>
/// Soft Dice: the Dice of two soft maps cut at several thresholds, averaged over the thresholds; the headline score of QUBIQ and of
/// Amit et al. 2023 (section 4). Pure arithmetic on arrays.
/// </summary>
/// <remarks>
/// At a threshold τ both maps are cut by <c>value &gt;= τ</c>, in single precision, as the published implementation does: three of ten
/// raters count at τ = 0.3, because the quotient and the threshold round to the same number. With the pixels that both, only one, or only
/// the other has (TP, FP, FN), Dice is (2·TP + s) / (2·TP + FP + FN + s) with s = 1e-6, so two empty maps score 1.
/// </remarks>
public static class SoftDice
{
    /// <summary>The s of the formula: keeps the Dice of two empty maps defined (it is 1).</summary>
    public const double Smoothing = 1e-6;

    /// <summary>0.1, 0.3, 0.5, 0.7, 0.9: the thresholds of QUBIQ and of the paper's tables.</summary>
    public static IReadOnlyList<float> FiveThresholds { get; } = Array.AsReadOnly([0.1f, 0.3f, 0.5f, 0.7f, 0.9f]);

    /// <summary>0.1, 0.2, … 0.9.</summary>
    public static IReadOnlyList<float> NineThresholds { get; } = Array.AsReadOnly([0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f]);

    /// <summary>Dice of the two maps cut at one threshold.</summary>
    /// <param name="prediction">Predicted soft map, one value a pixel; a NaN is below every threshold.</param>
    /// <param name="truth">True soft map (share of raters), in the same order.</param>
    /// <param name="threshold">Where both are cut, in (0, 1] to be of use; any number but NaN.</param>
    /// <returns>Between 0 and 1; 1 when neither map reaches the threshold anywhere.</returns>
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
    /// <param name="prediction">Predicted soft map, one value a pixel.</param>
    /// <param name="truth">True soft map, in the same order.</param>
    /// <param name="thresholds">The thresholds; <see cref="FiveThresholds"/> and <see cref="NineThresholds"/> are the usual ones.</param>
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
    /// <param name="prediction">Predicted soft map, one value a pixel.</param>
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
