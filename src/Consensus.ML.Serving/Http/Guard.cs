using Microsoft.AspNetCore.Http;

namespace Consensus.ML.Serving.Http;

/// <summary>Marks an endpoint that needs no key and tells nothing of the model: health, and the files of the page.</summary>
internal sealed class OpenEndpoint;

/// <summary>Decides who may use a server.</summary>
/// <param name="key">The key that clients must show; null for none.</param>
/// <param name="onlyLocal">Whether the server is meant for programs of this machine alone.</param>
internal sealed class Guard(ApiKey? key, bool onlyLocal)
{
    private static readonly string[] LocalNames = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Why a request is refused; null where it may go on.</summary>
    public Refusal? Check(HttpContext context)
    {
        // A page of another site could have its own name lead to this machine, and so reach a server that listens here alone.
        HostString host = context.Request.Host;
        if (onlyLocal && host.HasValue && !LocalNames.Contains(host.Host, StringComparer.OrdinalIgnoreCase))
        {
            return new(
                StatusCodes.Status421MisdirectedRequest, "foreign-host",
                "This server answers requests to localhost alone. To serve other machines, listen at another address.");
        }

        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.GetEndpoint()?.Metadata.GetMetadata<OpenEndpoint>() is not null)
        {
            return null;
        }

        if (key is not null)
        {
            return key.IsShownBy(context.Request) ? null : ApiKey.Missing();
        }

        // Without a key, a page of another site could at least make a visitor's browser send images here.
        return context.Request.Headers["Sec-Fetch-Site"] == "cross-site"
            ? new(StatusCodes.Status403Forbidden, "cross-site", "A page of another site may not use this server.")
            : null;
    }
}
