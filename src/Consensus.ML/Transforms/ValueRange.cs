using Consensus.Imaging;

namespace Consensus.ML.Transforms;

/// <summary>The values of one channel, of one image or of all images of training.</summary>
/// <param name="Smallest">The smallest value.</param>
/// <param name="Largest">The largest value; below <paramref name="Smallest"/> where there are none.</param>
/// <param name="LeastWidth">How far the values of that image lie apart that has the least contrast, images of a single value aside.</param>
internal readonly record struct ValueRange(float Smallest, float Largest, float LeastWidth)
{
    // Contrast below this share of the least that training saw comes from other units: grey values of 0 to 1 for those of 0 to 255.
    private const float LeastContrast = 1 / 20f;

    /// <summary>The range of nothing.</summary>
    public static ValueRange None { get; } = new(float.PositiveInfinity, float.NegativeInfinity, float.PositiveInfinity);

    /// <summary>The range of values, those without data aside.</summary>
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

    /// <summary>The range of both.</summary>
    public ValueRange With(ValueRange other) =>
        new(Math.Min(Smallest, other.Smallest), Math.Max(Largest, other.Largest), Math.Min(LeastWidth, other.LeastWidth));

    /// <summary>
    /// Whether an image of these values is far from training's: beyond its range by more than its width, or with hardly any contrast
    /// beside the least of it.
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
