using System.Buffers;
using Consensus.Imaging;
using Consensus.ML.Serving.Images;
using Consensus.ML.Serving.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Consensus.ML.Serving.Http;

/// <summary>
/// Reads the image out of a request's body into memory: a file as it is, or the files of a form. Nothing is written to disk, as ASP.NET's
/// own reader of forms does with larger files. Memory grows with what arrives, not with what is announced.
/// </summary>
internal static class RequestBody
{
    /// <summary>The name of a form's field that holds an image.</summary>
    public const string Field = "image";

    private const string Form = "multipart/form-data";
    private const int LongestBoundary = 70; // RFC 2046, section 5.1.1

    // Types that say nothing, or that an image has; what it is, its content tells. The last one is what curl says of every file.
    private static readonly string[] Raw =
    [
        "application/octet-stream", "application/x-nifti", "application/nifti", "application/gzip", "application/x-gzip",
        "application/x-www-form-urlencoded",
    ];

    /// <summary>The media types that a body may have, for the documentation.</summary>
    public static IReadOnlyList<string> MediaTypes { get; } =
        [Form, .. Raw[..^1], "image/png", "image/tiff", "image/jpeg", "image/bmp", "image/gif"];

    /// <summary>Refuses a body of another type than is read, before any of it is read.</summary>
    /// <exception cref="Refusal">It is of another type, or too long already by its own account.</exception>
    public static void Check(HttpRequest request, ConsensusServingOptions options)
    {
        if (request.ContentLength > options.MaximumBodyBytes)
        {
            throw TooLarge(options);
        }

        if (request.ContentType is { Length: > 0 } given && !IsKnown(given))
        {
            throw new Refusal(
                StatusCodes.Status415UnsupportedMediaType,
                "bad-type",
                "The body's Content-Type is none that is read. An image is sent as it is, as application/octet-stream or image/*, or in "
                + $"the field '{Field}' of {Form}.");
        }
    }

    /// <summary>Reads the image.</summary>
    /// <exception cref="Refusal">The body is empty, too large, no proper form, or did not arrive in full.</exception>
    /// <exception cref="OperationCanceledException">The client went, or the time is over.</exception>
    public static async Task<ImageBytes> ReadAsync(HttpRequest request, ConsensusServingOptions options, CancellationToken cancellation)
    {
        Limit(request.HttpContext, options);
        await using var body = new BodyStream(request.BodyReader);
        try
        {
            ImageBytes image = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
                && type.MediaType.Equals(Form, StringComparison.OrdinalIgnoreCase)
                ? await ReadFormAsync(body, type, options, cancellation)
                : new([await ReadAllAsync(body, options.MaximumBodyBytes, options, cancellation)]);
            for (int file = 0; file < image.Files.Count; file++)
            {
                if (image.Files[file].IsEmpty)
                {
                    throw Bad(
                        "empty", image.Files.Count == 1 ? "The body is empty: send an image." : $"Part {file + 1} of the form is empty.");
                }
            }

            return image;
        }
        catch (BadHttpRequestException exception)
        {
            throw exception.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => TooLarge(options),
                StatusCodes.Status408RequestTimeout => new Refusal(
                    StatusCodes.Status408RequestTimeout, "slow-body",
                    "The body came too slowly, and the server stopped waiting for it.", exception),
                _ => new Refusal(exception.StatusCode, "bad-body", $"The body cannot be read: {exception.Message}", exception),
            };
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw Bad("bad-form", $"The body is no proper {Form}: {exception.Message}", exception);
        }
    }

    private static void Limit(HttpContext context, ConsensusServingOptions options)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = options.MaximumBodyBytes;
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = options.MinimumBytesPerSecond > 0 ? new MinDataRate(options.MinimumBytesPerSecond, options.BodyGrace) : null;
        }
    }

    private static async Task<ImageBytes> ReadFormAsync(
        Stream body,
        MediaTypeHeaderValue type,
        ConsensusServingOptions options,
        CancellationToken cancellation)
    {
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value ?? "";
        if (boundary.Length is 0 or > LongestBoundary)
        {
            throw Bad("bad-form", $"The Content-Type of a form must name a boundary of 1 to {LongestBoundary} characters.");
        }

        var reader = new MultipartReader(boundary, body) { BodyLengthLimit = options.MaximumBodyBytes };
        var files = new List<ReadOnlyMemory<byte>>();
        long left = options.MaximumBodyBytes;
        while (await reader.ReadNextSectionAsync(cancellation) is { } section)
        {
            string field = ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? said)
                ? HeaderUtilities.RemoveQuotes(said.Name).Value ?? ""
                : "";
            if (field != Field)
            {
                throw Bad("bad-form", $"Every part of the form must be called '{Field}'. Options belong into the query.");
            }

            if (files.Count == ImageLimits.MaximumChannels)
            {
                throw Bad(
                    "bad-form",
                    $"The form has more than {ImageLimits.MaximumChannels} files, but an image has so many channels at most.");
            }

            ReadOnlyMemory<byte> file = await ReadAllAsync(section.Body, left, options, cancellation);
            left -= file.Length;
            files.Add(file);
        }

        return files.Count > 0 ? new(files) : throw Bad("bad-form", $"The form has no part called '{Field}'.");
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAllAsync(
        Stream body,
        long most,
        ConsensusServingOptions options,
        CancellationToken cancellation)
    {
        using var kept = new MemoryStream();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, cancellation)) > 0)
            {
                if (kept.Length + read > most)
                {
                    throw TooLarge(options);
                }

                kept.Write(buffer, 0, read);
            }
        }
        finally
        {
            // Nothing of an image stays behind in memory that is shared.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }

        return kept.GetBuffer().AsMemory(0, (int)kept.Length);
    }

    private static bool IsKnown(string given) => MediaTypeHeaderValue.TryParse(given, out MediaTypeHeaderValue? type)
        && (type.Type.Equals("image", StringComparison.OrdinalIgnoreCase)
            || type.MediaType.Equals(Form, StringComparison.OrdinalIgnoreCase)
            || Raw.Any(known => type.MediaType.Equals(known, StringComparison.OrdinalIgnoreCase)));

    private static Refusal TooLarge(ConsensusServingOptions options) => new(
        StatusCodes.Status413PayloadTooLarge, "too-large",
        $"The body has more than {options.MaximumBodyBytes} bytes, the most that this server takes.");

    private static Refusal Bad(string reason, string detail, Exception? inner = null) =>
        new(StatusCodes.Status400BadRequest, reason, detail, inner);
}
