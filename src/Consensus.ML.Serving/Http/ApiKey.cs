using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Consensus.ML.Serving.Http;

/// <summary>The key that a client must show. Only its hash is kept. A comparison takes the same time whatever is shown.</summary>
internal sealed class ApiKey
{
    /// <summary>The header that holds the key alone.</summary>
    public const string Header = "X-Api-Key";

    /// <summary>The fewest characters: 16 random ones of 64 have 96 bits, which nobody guesses over a network.</summary>
    public const int ShortestKey = 16;

    private const string Bearer = "Bearer ";

    private readonly byte[] _hash;

    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentException">It is too short, or has characters that no header can carry. The message hides it.</exception>
    public ApiKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length < ShortestKey || key.Any(letter => letter is <= ' ' or > '~'))
        {
            throw new ArgumentException(
                $"The API key must have at least {ShortestKey} characters, printable ASCII without spaces; it has {key.Length}.");
        }

        _hash = Hash(key);
    }

    /// <summary>Whether a request shows the key.</summary>
    public bool IsShownBy(HttpRequest request)
    {
        string shown = request.Headers[Header].Count == 1 ? request.Headers[Header].ToString()
            : request.Headers.Authorization.ToString() is { } given && given.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                ? given[Bearer.Length..].Trim()
            : "";
        return CryptographicOperations.FixedTimeEquals(Hash(shown), _hash);
    }

    /// <summary>The answer to a request without the key.</summary>
    public static Refusal Missing() => new(
        StatusCodes.Status401Unauthorized, "no-key", $"This server needs its API key, in the header {Header} or as Authorization: Bearer.")
    {
        Header = (HeaderNames.WWWAuthenticate, Bearer.Trim()),
    };

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
