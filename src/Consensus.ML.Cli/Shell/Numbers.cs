using System.Globalization;

namespace Consensus.ML.Cli.Shell;

/// <summary>Reads numbers of the command line. In every language a point stands before decimals, and there is no other separator.</summary>
internal static class Numbers
{
    /// <summary>Reads a finite number such as 2.5, -0.1 or 1e-3, without spaces and without separators of thousands.</summary>
    public static bool TryParse(string text, out double value) =>
        double.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture,
            out value)
        && double.IsFinite(value);

    /// <summary>A hint for a message about a number with a comma in it; empty where the text has no comma.</summary>
    public static string CommaHint(string text) => text.Contains(',', StringComparison.Ordinal) ? " (decimals follow a point)" : "";
}
