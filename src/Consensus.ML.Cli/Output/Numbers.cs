using System.Globalization;

namespace Consensus.ML.Cli.Output;

/// <summary>Numbers as the command line takes them: a point before decimals in every language, and nothing else within.</summary>
internal static class Numbers
{
    /// <summary>Takes a finite number such as 2.5, -0.1 or 1e-3; neither spaces nor separators of thousands.</summary>
    public static bool TryParse(string text, out double value) =>
        double.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture,
            out value)
        && double.IsFinite(value);

    /// <summary>What to say of a number with a comma in place of the point.</summary>
    public static string CommaHint(string text) => text.Contains(',', StringComparison.Ordinal) ? " (decimals follow a point)" : "";
}
