using System.Security.Cryptography;
using System.Text;

namespace Consensus.Imaging.Storage;

/// <summary>
/// JSON objects that carry the SHA-256 of themselves, so that a file that was cut short or changed is found. The hash is the last member,
/// <c>sha256</c>, on a line of its own. It is computed over the UTF-8 bytes of the text before the comma in front of that member. It finds
/// damage and mistakes. It does not protect from someone who computes it again.
/// </summary>
public static class SealedJson
{
    private const string Start = ",\n  \"sha256\": \"", End = "\"\n}\n";
    private const int HashLength = 2 * SHA256.HashSizeInBytes;

    /// <summary>Adds the hash to an object.</summary>
    /// <param name="json">
    /// An object with at least one member and no member <c>sha256</c>: indented by two spaces, with line feeds, and with nothing after it.
    /// </param>
    /// <exception cref="ArgumentException">The text has another form.</exception>
    public static string Seal(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        bool isObject = json.StartsWith("{\n", StringComparison.Ordinal) && json.EndsWith("\n}", StringComparison.Ordinal);
        return isObject && json.Length > "{\n}".Length
            ? $"{json[..^2]}{Start}{Hash(json.AsSpan(..^2))}{End}"
            : throw new ArgumentException("The text is no indented JSON object with line feeds and at least one member.", nameof(json));
    }

    /// <summary>The hash that a text carries, in lower-case hexadecimal digits, right or wrong. Null for a text without a hash.</summary>
    /// <param name="text">The text of a file.</param>
    public static string? HashIn(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = text.Length - End.Length - HashLength;
        return at >= Start.Length
            && text.EndsWith(End, StringComparison.Ordinal)
            && text.AsSpan(at - Start.Length, Start.Length).SequenceEqual(Start)
            && text[at..(at + HashLength)].All(char.IsAsciiHexDigitLower)
            ? text.Substring(at, HashLength)
            : null;
    }

    /// <summary>Whether a text carries a hash, and has not changed since it was added.</summary>
    /// <param name="text">The text of a file.</param>
    public static bool IsIntact(string text) =>
        HashIn(text) is { } hash && hash == Hash(text.AsSpan(..^(Start.Length + HashLength + End.Length)));

    private static string Hash(ReadOnlySpan<char> text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToArray())));
}
