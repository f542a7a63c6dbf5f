using System.Globalization;
using System.Xml;

namespace Consensus.Imaging.Storage;

/// <summary>
/// Checks the names of cases, raters and data sets before they are written into reports, tables, pictures and names of files. Check them
/// first: a name that cannot be written then stops a program before its work and not after it.
/// </summary>
public static class NameText
{
    private static readonly HashSet<string> Devices = new(
        [
            "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
            .. Enumerable.Range(1, 9).SelectMany(number => (string[])[$"COM{number}", $"LPT{number}"]),
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Why a name cannot be written, as the end of a sentence such as "holds the control character U+000A"; null for a good name.
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

    /// <summary>Whether Windows takes a file of this name, with any extension, for a device: CON, NUL, COM1, …</summary>
    /// <param name="name">The name.</param>
    public static bool IsDevice(string name) => Devices.Contains(name.Split('.', 2)[0].TrimEnd());

    /// <summary>
    /// Text that messages and pages can show: each control character, and each that XML cannot hold, is replaced by U+FFFD.
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
