using System.Globalization;

namespace Consensus.ML.Studies.Formatting;

/// <summary>Writes values for people, the same in every culture.</summary>
internal static class Text
{
    /// <summary>The text for a value that is not defined.</summary>
    public const string Nothing = "–";

    public static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    public static string Score(double value) => Number(value, "0.000");

    public static string Signed(double value) => Number(value, "+0.000;−0.000;0.000");

    public static string Number(double value, string format) =>
        double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : Nothing;

    /// <summary>A measured time or size, with at most three significant digits below 100.</summary>
    public static string Measured(double value) => Number(value, value >= 100 ? "#,0" : value >= 10 ? "0.#" : "0.##");

    public static string Count(int count, string noun) =>
        count == 1 ? $"1 {noun}" : $"{count.ToString("#,0", CultureInfo.InvariantCulture)} {noun}s";

    /// <summary>Wall time, as 4.2 s, 12 min 30 s or 3 h 5 min.</summary>
    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds))
        {
            return Nothing;
        }

        var time = TimeSpan.FromSeconds(Math.Round(seconds));
        return seconds < 60 ? $"{Measured(seconds)} s"
            : seconds < 3600 ? (time.Seconds == 0 ? $"{time.Minutes} min" : $"{time.Minutes} min {time.Seconds} s")
            : $"{(int)time.TotalHours} h {time.Minutes} min";
    }

    /// <summary>A probability for tables: with two or three decimals, and never 0.</summary>
    public static string Probability(double value) =>
        !double.IsFinite(value) ? Nothing : value < 0.001 ? "< 0.001" : value >= 0.0995 ? Number(value, "0.00") : Number(value, "0.000");

    /// <summary>A heading for a case. The word "Case" is left out where the name begins with it, as case01 does.</summary>
    public static string Case(string name) => name.StartsWith("case", StringComparison.OrdinalIgnoreCase) ? name : $"Case {name}";

    /// <summary>"a", "a and b", "a, b and c".</summary>
    public static string List(IReadOnlyList<string> parts) =>
        parts.Count <= 1 ? string.Concat(parts) : $"{string.Join(", ", parts.Take(parts.Count - 1))} and {parts[^1]}";
}
