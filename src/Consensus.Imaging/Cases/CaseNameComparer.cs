namespace Consensus.Imaging.Cases;

/// <summary>
/// Compares names and treats digits in them as numbers: case2 comes before case10, and case1-2 before case1-10. Upper and lower case are
/// equal.
/// </summary>
public sealed class CaseNameComparer : IComparer<string>
{
    /// <summary>The comparer.</summary>
    public static CaseNameComparer Instance { get; } = new();

    private CaseNameComparer()
    {
    }

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return string.CompareOrdinal(x, y);
        }

        int i = 0, j = 0;
        while (i < x.Length && j < y.Length)
        {
            ReadOnlySpan<char> left = Run(x, ref i), right = Run(y, ref j);
            int order = char.IsAsciiDigit(left[0]) && char.IsAsciiDigit(right[0])
                ? CompareNumbers(left.TrimStart('0'), right.TrimStart('0'))
                : left.CompareTo(right, StringComparison.OrdinalIgnoreCase);
            if (order != 0)
            {
                return order;
            }
        }

        int rest = (x.Length - i).CompareTo(y.Length - j);

        // case1 and case01 hold the same number. Their order must not depend on the order of files on the disk.
        return rest != 0 ? rest : string.CompareOrdinal(x, y);
    }

    /// <summary>Compares two numbers of any length, given as digits without leading zeros. The longer number is larger.</summary>
    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        int order = left.Length.CompareTo(right.Length);
        return order != 0 ? order : left.CompareTo(right, StringComparison.Ordinal);
    }

    /// <summary>The run of digits, or of other characters, that begins at <paramref name="start"/>.</summary>
    private static ReadOnlySpan<char> Run(string text, ref int start)
    {
        int end = start;
        bool digits = char.IsAsciiDigit(text[start]);
        while (end < text.Length && char.IsAsciiDigit(text[end]) == digits)
        {
            end++;
        }

        ReadOnlySpan<char> run = text.AsSpan(start, end - start);
        start = end;
        return run;
    }
}
