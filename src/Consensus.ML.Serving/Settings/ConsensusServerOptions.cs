namespace Consensus.ML.Serving.Settings;

/// <summary>Where a whole server listens, and who may use it.</summary>
public sealed class ConsensusServerOptions
{
    /// <summary>The address where nobody but this machine reaches the server.</summary>
    public const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>
    /// The addresses to listen at, such as <c>http://127.0.0.1:5080</c>; port 0 takes a free one. An address that other machines reach
    /// needs <see cref="ApiKey"/> or <see cref="AllowAnonymous"/>. Default <see cref="DefaultUrl"/>.
    /// </summary>
    public IList<string> Urls { get; } = [];

    /// <summary>
    /// What a client must show, as the header <c>X-Api-Key</c> or as <c>Authorization: Bearer</c>: at least 16 printable characters.
    /// Health and the page's own files need no key. Null (the default) asks for none.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>Whether everybody may use the server at an address that other machines reach. Default false.</summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>
    /// How long a server that stops goes on with what it has begun. Later, it breaks off. Above zero. Default one minute.
    /// </summary>
    public TimeSpan ShutdownTimeLimit { get; set; } = TimeSpan.FromMinutes(1);
}
