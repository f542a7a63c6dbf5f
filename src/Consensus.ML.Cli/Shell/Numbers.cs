using System.Globalization;

namespace Consensus.ML.Cli.Shell;

/// <summary>Reads numbers of the command line: a point before decimals in every language, and no other separator.</summary>
internal static class Numbers
{
    /// <summary>Reads a finite number such as 2.5, -0.1 or 1e-3, without spaces and without separators of thousands.</summary>
    public static bool TryParse(string text, out double value) =>
        double.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture,
            out value)
        && double.IsFinite(value);

    /// <summary>A hint for the message about a number with a comma in place of the point; else empty.</summary>
    public static string CommaHint(string text) => text.Contains(',', StringComparison.Ordinal) ? " (decimals follow a point)" : "";
}
