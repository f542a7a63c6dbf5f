namespace Consensus.Imaging.Metrics;

/// <summary>The overlap of two maps that were cut at a threshold, in pixels.</summary>
/// <param name="Both">Number of pixels in both maps.</param>
/// <param name="Predicted">Number of pixels in the prediction.</param>
/// <param name="True">Number of pixels in the truth.</param>
internal readonly record struct Overlap(long Both, long Predicted, long True)
{
    /// <summary>F1, the Dice without smoothing: 2·TP / (2·TP + FP + FN), between 0 and 1; 1 where both maps are empty.</summary>
    public double F1 => Predicted + True == 0 ? 1 : 2.0 * Both / (Predicted + True);

    /// <summary>The overlap in this place and in another one together.</summary>
    public Overlap Plus(Overlap other) => new(Both + other.Both, Predicted + other.Predicted, True + other.True);

    /// <summary>Cuts both maps by <c>value &gt;= threshold</c>.</summary>
    public static Overlap AtLeast(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth, float threshold)
    {
        RequireEqualLengths(prediction, truth);
        long both = 0, predicted = 0, real = 0;
        for (int i = 0; i < prediction.Length; i++)
        {
            bool inPrediction = prediction[i] >= threshold, inTruth = truth[i] >= threshold;
            both += inPrediction && inTruth ? 1 : 0;
            predicted += inPrediction ? 1 : 0;
            real += inTruth ? 1 : 0;
        }

        return new(both, predicted, real);
    }

    /// <summary>Rounds both maps. Only values above one half become 1, so a tie becomes 0.</summary>
    public static Overlap Rounded(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth) =>
        AtLeast(prediction, truth, MathF.BitIncrement(0.5f));

    public static void RequireEqualLengths(ReadOnlySpan<float> prediction, ReadOnlySpan<float> truth)
    {
        if (prediction.Length != truth.Length)
        {
            throw new ArgumentException(
                $"The predicted map has {prediction.Length} pixels and the true map {truth.Length}; they must be of one size.");
        }
    }
}
