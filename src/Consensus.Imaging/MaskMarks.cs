using System.Globalization;

namespace Consensus.Imaging;

/// <summary>Turns the values of a mask into marks, 0 or 1 for each pixel. Masks from files and from memory follow this rule.</summary>
internal static class MaskMarks
{
    // The most values or colours that a message lists.
    private const int Shown = 6;

    /// <summary>Marks the pixels whose value is not 0.</summary>
    /// <param name="values">The values of one mask.</param>
    /// <param name="marks">Takes 0 or 1 for each.</param>
    /// <param name="source">Where the mask comes from, for messages.</param>
    /// <param name="hint">What to add to the message about several values.</param>
    /// <exception cref="InvalidDataException">Values that are not 0 differ, or one is no finite number.</exception>
    public static void MarkNonZero(ReadOnlySpan<float> values, Span<byte> marks, string source, Func<string>? hint = null)
    {
        float nonZero = 0;
        for (int i = 0; i < values.Length; i++)
        {
            float value = values[i];
            if (value != 0)
            {
                if (!float.IsFinite(value))
                {
                    throw new InvalidDataException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{source} holds the value {value}, but a mask holds 0 and one other finite value."));
                }

                if (nonZero != 0 && value != nonZero)
                {
                    throw new InvalidDataException(
                        $"{source} holds the values {Distinct(values)}, but a mask holds 0 and one other value.{hint?.Invoke()}");
                }

                nonZero = value;
            }

            marks[i] = value != 0 ? (byte)1 : (byte)0;
        }
    }

    /// <summary>The first few of the values that a message lists.</summary>
    public static string FirstFew(IEnumerable<string> distinct)
    {
        string[] first = [.. distinct.Take(Shown + 1)];
        return string.Join(", ", first.Take(Shown)) + (first.Length > Shown ? ", …" : "");
    }

    /// <summary>The first few distinct values, in ascending order.</summary>
    private static string Distinct(ReadOnlySpan<float> values)
    {
        var distinct = new SortedSet<float>();
        foreach (float value in values)
        {
            distinct.Add(value);
            if (distinct.Count > Shown)
            {
                break;
            }
        }

        return FirstFew(distinct.Select(value => value.ToString(CultureInfo.InvariantCulture)));
    }
}
