namespace Consensus.Imaging.Metrics;

/// <summary>Which values have no order because only rounding sets them apart.</summary>
internal static class Ties
{
    // A share near 1 has steps of 6e-8 in single precision, and so has the difference of two shares. 1 − 2/3, for example, is not 1/3.
    private const float Rounding = 1f / (1 << 22);

    /// <summary>The end of the values, from a place on, that equal the value at that place except for rounding.</summary>
    /// <param name="sorted">Ascending values, of the size of shares.</param>
    /// <param name="first">The place of the first of them.</param>
    /// <returns>The place after the last of them.</returns>
    public static int End(ReadOnlySpan<float> sorted, int first)
    {
        int end = first + 1;
        while (end < sorted.Length && sorted[end] - sorted[first] <= Rounding)
        {
            end++;
        }

        return end;
    }
}
