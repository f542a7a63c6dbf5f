namespace Consensus.Imaging.Storage;

/// <summary>Text that comes from a file, as messages show it.</summary>
internal static class Printable
{
    private const int Longest = 1000;

    /// <summary>The text in one line, with what would break it or steer a terminal as question marks; a long one is cut short.</summary>
    public static string OneLine(string text) =>
        string.Concat(text.Take(Longest).Select(letter => Breaks(letter) ? '?' : letter)) + (text.Length > Longest ? "…" : "");

    private static bool Breaks(char letter) => char.IsControl(letter) || letter is '\u2028' or '\u2029';
}
