using System.Globalization;
using System.Net;

namespace Consensus.ML.Serving.Http;

/// <summary>An address that a server listens at.</summary>
/// <param name="Url">As it was given.</param>
/// <param name="Address">The address of the network interface; null for localhost, which has two.</param>
/// <param name="Port">The port; 0 for a free one.</param>
internal sealed record ListenAddress(string Url, IPAddress? Address, int Port)
{
    /// <summary>Whether only this machine reaches it.</summary>
    public bool IsLoopback => Address is null || IPAddress.IsLoopback(Address);

    /// <summary>Reads an address.</summary>
    /// <exception cref="ArgumentException">It is no address that can be listened at; the message says what is allowed.</exception>
    public static ListenAddress Parse(string url)
    {
        // A name that is no number would make the server listen everywhere, and '*' does so by design: both have to be said as 0.0.0.0.
        const string prefix = "http://";
        if (url.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException(
                $"'{url}' asks for TLS, which this server leaves to a proxy in front of it: listen at http://127.0.0.1:5080 behind one.");
        }

        if (!url.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            || !Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
            || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0
            || !HasPort(url))
        {
            throw Wrong(url);
        }

        return uri.Host == "localhost"
            ? new(url, null, uri.Port)
            : IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? address) ? new(url, address, uri.Port) : throw Wrong(url);
    }

    /// <summary>Whether the port stands there: without one, HTTP's own would be taken, which is hardly meant.</summary>
    private static bool HasPort(string url)
    {
        string text = url.TrimEnd('/');
        int colon = text.LastIndexOf(':');
        return ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }

    private static ArgumentException Wrong(string url) => new(
        $"'{url}' is no address to listen at; it must be http://ADDRESS:PORT with the number of a network address (127.0.0.1, [::1], "
        + "0.0.0.0 for all) or localhost.");
}
