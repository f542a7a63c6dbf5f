using Consensus.Imaging;

namespace Consensus.ML.Transforms;

/// <summary>The range of the values of one channel, in one image or in all training images.</summary>
/// <param name="Smallest">The smallest value.</param>
/// <param name="Largest">The largest value; below <paramref name="Smallest"/> where there are no values.</param>
/// <param name="LeastWidth">
/// The smallest difference between the largest and the smallest value of an image. Images with a single value do not count.
/// </param>
internal readonly record struct ValueRange(float Smallest, float Largest, float LeastWidth)
{
    // Contrast below this share of the least contrast in training means different units, for example grey values of 0 to 1 in place of 0 to
    // 255.
    private const float LeastContrast = 1 / 20f;

    /// <summary>The range of no values.</summary>
    public static ValueRange None { get; } = new(float.PositiveInfinity, float.NegativeInfinity, float.PositiveInfinity);

    /// <summary>The range of the values that are not marks for missing data.</summary>
    public static ValueRange Measure(ReadOnlySpan<float> values, float? noData)
    {
        (float smallest, float largest) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float value in values)
        {
            if (!NoData.IsMark(value, noData))
            {
                (smallest, largest) = (Math.Min(smallest, value), Math.Max(largest, value));
            }
        }

        return new(smallest, largest, largest > smallest ? largest - smallest : float.PositiveInfinity);
    }

    /// <summary>The range that covers both ranges.</summary>
    public ValueRange With(ValueRange other) =>
        new(Math.Min(Smallest, other.Smallest), Math.Max(Largest, other.Largest), Math.Min(LeastWidth, other.LeastWidth));

    /// <summary>
    /// Whether an image with this range is far from the training images: its values leave their range by more than its width, or its
    /// contrast is far below their least contrast.
    /// </summary>
    public bool IsFarFrom(ValueRange training)
    {
        float width = training.Largest - training.Smallest;
        return Largest >= Smallest && width > 0
            && (Largest > training.Largest + width
                || Smallest < training.Smallest - width
                || LeastWidth < LeastContrast * training.LeastWidth);
    }
}
