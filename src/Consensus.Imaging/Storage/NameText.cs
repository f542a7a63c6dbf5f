using System.Globalization;
using System.Xml;

namespace Consensus.Imaging.Storage;

/// <summary>
/// Names of cases, raters and sets: they come from folders, tables and manifests, and go into reports, tables, pictures and the names of
/// files. A name that cannot be written there is refused when it is read, not after hours of training.
/// </summary>
internal static class NameText
{
    private static readonly HashSet<string> Devices = new(
        [
            "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
            .. Enumerable.Range(1, 9).SelectMany(number => (string[])[$"COM{number}", $"LPT{number}"]),
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with a name wherever it is written, as in "holds a line break"; null where nothing is.</summary>
    public static string? Problem(string name)
    {
        for (int at = 0; at < name.Length; at++)
        {
            char character = name[at];
            if (char.IsControl(character))
            {
                return string.Create(CultureInfo.InvariantCulture, $"holds the control character U+{(int)character:X4}");
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

    /// <summary>Whether Windows takes a file of this name, whatever its extension, for a device.</summary>
    public static bool IsDevice(string name) => Devices.Contains(name.Split('.', 2)[0].TrimEnd());

    /// <summary>
    /// A name as messages and pages can show it: each character that would not be seen, or that XML cannot hold, is replaced.
    /// </summary>
    /// <param name="text">The name, or any text.</param>
    /// <param name="breaks">Whether line breaks and tabs may stay.</param>
    public static string Printable(string text, bool breaks = false) => string.Create(text.Length, (text, breaks), static (shown, given) =>
    {
        (string text, bool breaks) = given;
        for (int at = 0; at < text.Length; at++)
        {
            if (IsPair(text, at))
            {
                (shown[at], shown[at + 1]) = (text[at], text[at + 1]);
                at++;
            }
            else
            {
                shown[at] = (char.IsControl(text[at]) && !(breaks && text[at] is '\n' or '\r' or '\t')) || !XmlConvert.IsXmlChar(text[at])
                    ? '\uFFFD'
                    : text[at];
            }
        }
    });

    private static bool IsPair(string text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]);
}
