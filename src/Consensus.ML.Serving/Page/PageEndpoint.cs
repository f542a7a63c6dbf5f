using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Consensus.ML.Serving.Page;

/// <summary>Serves the files of the page.</summary>
internal static class PageEndpoint
{
    /// <summary>
    /// What the page may do: load its own scripts, styles and pictures, and talk to its own server. Nothing from elsewhere, nothing inline,
    /// no frame around it. Pictures that it makes itself (blob:, data:) are for downloads and icons.
    /// </summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Answers with a file, or with 304 where the browser has it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The file's path within the page; null for the page itself.</param>
    public static async Task WriteAsync(HttpContext context, string? name)
    {
        HttpResponse response = context.Response;
        if (!PageFile.All.TryGetValue(name ?? PageFile.Index, out PageFile? file))
        {
            await Results.Problem("The page has no such file.", statusCode: StatusCodes.Status404NotFound).ExecuteAsync(context);
            return;
        }

        // A browser asks each time and gets 304: a server with a newer page is seen at once.
        response.Headers.CacheControl = "no-cache";
        response.Headers.ETag = file.Tag;
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        var known = new EntityTagHeaderValue(file.Tag);
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Compare(known, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = file.ContentType;
        response.ContentLength = file.Bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(file.Bytes, context.RequestAborted);
        }
    }
}
