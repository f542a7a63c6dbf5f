namespace Consensus.Imaging;

/// <summary>Finds values of an image that mean missing data, and values that cannot be measurements.</summary>
internal static class NoData
{
    /// <summary>
    /// Larger magnitudes cannot be measurements. Hounsfield units, grey values of 16 bits and activities in Bq/mL are all smaller. The
    /// usual marks for missing data are larger: the largest or smallest float, 1e30, and the ends of the range of 32-bit integers.
    /// </summary>
    public const float LargestMagnitude = 1e9f;

    // A single value that is this many times as large as all others marks missing data.
    private const float LoneFactor = 10;

    // Among fewer values, a lone value cannot be recognised reliably.
    private const int FewestValues = 64;

    // Writers often round the digits of huge marks.
    public const float Tolerance = 1e-3f;

    /// <summary>Whether a value equals the given mark.</summary>
    /// <param name="value">A pixel's value.</param>
    /// <param name="mark">
    /// The value that means missing data. It may be NaN; null means that no value does. A mark beyond <see cref="LargestMagnitude"/> need
    /// only match approximately.
    /// </param>
    public static bool IsMark(float value, float? mark) => mark is float named
        && (value == named
            || (float.IsNaN(named) && float.IsNaN(value))
            || (Math.Abs(named) > LargestMagnitude && float.IsFinite(value) && Math.Abs((value / named) - 1) <= Tolerance));

    /// <summary>The values that are not the given mark.</summary>
    public static ReadOnlySpan<float> Without(ReadOnlySpan<float> values, float? mark) =>
        mark is null ? values : values.ToArray().Where(value => !IsMark(value, mark)).ToArray();

    /// <summary>Whether a value is finite, but too large for a measurement.</summary>
    public static bool IsImplausible(float value) => float.IsFinite(value) && Math.Abs(value) > LargestMagnitude;

    /// <summary>
    /// Finds a value whose magnitude is at least ten times as large as that of all other values, such as −9999 among grey values. Null if
    /// there is none.
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
