using System.Globalization;

namespace Consensus.ML.Studies.Formatting;

/// <summary>How values are written for people: the same in every culture.</summary>
internal static class Text
{
    /// <summary>What stands for a value that is not defined.</summary>
    public const string Nothing = "–";

    public static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    public static string Score(double value) => Number(value, "0.000");

    public static string Signed(double value) => Number(value, "+0.000;−0.000;0.000");

    public static string Number(double value, string format) =>
        double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : Nothing;

    /// <summary>Three significant digits at most, as measured times and sizes have them.</summary>
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

    /// <summary>A probability as tables print it: two or three digits, and never 0.</summary>
    public static string Probability(double value) =>
        !double.IsFinite(value) ? Nothing : value < 0.001 ? "< 0.001" : value >= 0.0995 ? Number(value, "0.00") : Number(value, "0.000");

    /// <summary>A case's name as a heading: most sets call theirs case01 already.</summary>
    public static string Case(string name) => name.StartsWith("case", StringComparison.OrdinalIgnoreCase) ? name : $"Case {name}";

    /// <summary>"a", "a and b", "a, b and c".</summary>
    public static string List(IReadOnlyList<string> parts) =>
        parts.Count <= 1 ? string.Concat(parts) : $"{string.Join(", ", parts.Take(parts.Count - 1))} and {parts[^1]}";
}
