namespace Consensus.Imaging;

/// <summary>Which values of an image stand for missing data, and which cannot be measurements.</summary>
internal static class NoData
{
    /// <summary>
    /// No measurement has a larger magnitude: Hounsfield units, grey values of 16 bits and activities in Bq/mL all stay
    /// below, and what marks missing data in floats (the largest or smallest float, 1e30) or integers of 32 bits (their ends) does not.
    /// </summary>
    public const float LargestMagnitude = 1e9f;

    // A single value that is this many times as large as all others marks missing data.
    private const float LoneFactor = 10;

    // With fewer values, a lone value cannot be recognised.
    private const int FewestValues = 64;

    // Huge marks are often written with rounded digits.
    private const float Tolerance = 1e-3f;

    /// <summary>Whether a value is the one that was named.</summary>
    /// <param name="value">A pixel's value.</param>
    /// <param name="mark">
    /// What stands for missing data; NaN for NaN, null for nothing. Beyond <see cref="LargestMagnitude"/>, about this value is enough.
    /// </param>
    public static bool IsMark(float value, float? mark) => mark is float named
        && (value == named
            || (float.IsNaN(named) && float.IsNaN(value))
            || (Math.Abs(named) > LargestMagnitude && float.IsFinite(value) && Math.Abs((value / named) - 1) <= Tolerance));

    /// <summary>Whether a value is finite, but too large for a measurement.</summary>
    public static bool IsImplausible(float value) => float.IsFinite(value) && Math.Abs(value) > LargestMagnitude;

    /// <summary>
    /// The one value that is ten times as large as all others in magnitude, as −9999 among grey values; null where there is none.
    /// </summary>
    public static float? FindLone(ReadOnlySpan<float> values)
    {
        if (values.Length < FewestValues)
        {
            return null;
        }

        float largest = 0, second = 0;
        foreach (float value in values)
        {
            if (value == largest)
            {
                continue;
            }

            if (Math.Abs(value) > Math.Abs(largest))
            {
                (largest, second) = (value, Math.Abs(largest));
            }
            else if (Math.Abs(value) > second)
            {
                second = Math.Abs(value);
            }
        }

        return second > 0 && Math.Abs(largest) >= LoneFactor * second ? largest : null;
    }
}
