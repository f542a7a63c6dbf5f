using System.Globalization;
using System.Text;
using System.Xml;

namespace Consensus.Imaging.Storage;

/// <summary>
/// Checks the names of cases, raters and data sets before they are written into reports, tables, pictures and names of files. Check names
/// before the work begins, so that a bad name does not stop a program after its work. Also makes text from files safe to show.
/// </summary>
public static class NameText
{
    private const int LongestLine = 1000;

    private static readonly HashSet<string> Devices = new(
        [
            "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
            .. Enumerable.Range(1, 9).SelectMany(number => (string[])[$"COM{number}", $"LPT{number}"]),
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Says why a name cannot be written, as the end of a sentence, such as "holds the control character U+000A". Null for a good name.
    /// </summary>
    /// <param name="name">The name.</param>
    public static string? Problem(string name)
    {
        for (int at = 0; at < name.Length; at++)
        {
            char character = name[at];
            if (char.IsControl(character))
            {
                return string.Create(CultureInfo.InvariantCulture, $"holds the control character U+{(int)character:X4}");
            }

            if (character is '\u2028' or '\u2029')
            {
                return string.Create(CultureInfo.InvariantCulture, $"holds U+{(int)character:X4}, which breaks a line");
            }

            if (IsPair(name, at))
            {
                at++;
            }
            else if (!XmlConvert.IsXmlChar(character))
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"holds U+{(int)character:X4}, which "
                    + $"{(char.IsSurrogate(character) ? "is half a character" : "stands for no character")}");
            }
        }

        return null;
    }

    /// <summary>Whether a file of this name, with any extension, is a device on Windows: CON, NUL, COM1 and others.</summary>
    /// <param name="name">The name.</param>
    public static bool IsDevice(string name) => Devices.Contains(name.Split('.', 2)[0].TrimEnd());

    /// <summary>
    /// Makes text from a file or a user safe for messages, terminals and pages. U+FFFD replaces each control character, which could steer a
    /// terminal, each character that breaks a line, and each character that XML cannot hold.
    /// </summary>
    /// <param name="text">The name, or any text.</param>
    /// <param name="breaks">
    /// Whether the text may have several lines. If so, line breaks and tabs stay, and the text keeps its length. If not, the result is one
    /// line; after 1000 characters it is cut, and "…" follows.
    /// </param>
    public static string Printable(string text, bool breaks = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        int length = breaks || text.Length <= LongestLine ? text.Length
            : IsPair(text, LongestLine - 1) ? LongestLine - 1
            : LongestLine;
        var shown = new StringBuilder(text, 0, length, length + 1);
        for (int at = 0; at < length; at++)
        {
            if (IsPair(text, at))
            {
                at++;
            }
            else if (IsHarmful(text[at], breaks))
            {
                shown[at] = '\uFFFD';
            }
        }

        return (length < text.Length ? shown.Append('…') : shown).ToString();
    }

    private static bool IsHarmful(char character, bool breaks) => character switch
    {
        '\n' or '\r' or '\t' or '\u0085' or '\u2028' or '\u2029' => !breaks,
        _ => char.IsControl(character) || !XmlConvert.IsXmlChar(character),
    };

    private static bool IsPair(string text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]);
}
