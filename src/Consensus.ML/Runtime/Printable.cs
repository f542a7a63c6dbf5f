namespace Consensus.ML.Runtime;

/// <summary>Text that comes from a file, as messages show it.</summary>
internal static class Printable
{
    /// <summary>The text in one line: what would break it, or steer a terminal, becomes a question mark.</summary>
    public static string OneLine(string text) => string.Concat(text.Select(letter => char.IsControl(letter) || letter is '\u2028' or '\u2029' ? '?' : letter));
}
