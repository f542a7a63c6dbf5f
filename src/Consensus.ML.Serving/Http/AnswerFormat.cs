using Consensus.ML.Serving.Prediction;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Consensus.ML.Serving.Http;

/// <summary>The forms that maps are answered in.</summary>
internal enum AnswerKind
{
    Json,
    Nifti,
    CompressedNifti,
    Tiff,
    Png,
    Zip,
}

/// <summary>Chooses the form of an answer by the Accept header.</summary>
internal static class AnswerFormat
{
    // In the order of preference where a client takes several alike.
    private static readonly (string MediaType, AnswerKind Kind)[] Offers =
    [
        ("application/json", AnswerKind.Json),
        ("application/x-nifti", AnswerKind.Nifti),
        ("application/octet-stream", AnswerKind.Nifti),
        ("application/gzip", AnswerKind.CompressedNifti),
        ("application/zip", AnswerKind.Zip),
        ("image/tiff", AnswerKind.Tiff),
        ("image/png", AnswerKind.Png),
    ];

    /// <summary>The media types, for messages and the documentation.</summary>
    public static IReadOnlyList<string> MediaTypes { get; } = [.. Offers.Select(offer => offer.MediaType)];

    /// <summary>Chooses the form that the client likes best; without an Accept header, JSON.</summary>
    /// <returns>The form, and the media type that the client knows it by.</returns>
    /// <exception cref="Refusal">The client takes none of them, or none of them can hold what it asks for.</exception>
    public static (AnswerKind Kind, string MediaType) Choose(HttpRequest request, MapKinds maps)
    {
        if (request.Headers.Accept.Count == 0)
        {
            return (AnswerKind.Json, Offers[0].MediaType);
        }

        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out IList<MediaTypeHeaderValue>? accepted))
        {
            throw NotAcceptable("The Accept header cannot be read.");
        }

        ((string MediaType, AnswerKind Kind) Offer, double Quality)[] ranked =
        [
            .. Offers.Select(offer => (Offer: offer, Quality: QualityOf(offer.MediaType, accepted)))
                .Where(offer => offer.Quality > 0)
                .OrderByDescending(offer => offer.Quality),
        ];
        if (ranked.Length == 0)
        {
            throw NotAcceptable("No form of answer that the Accept header allows can be given.");
        }

        bool isOne = int.PopCount((int)maps) == 1;
        foreach (((string mediaType, AnswerKind kind), _) in ranked)
        {
            if (isOne || kind is AnswerKind.Json or AnswerKind.Zip)
            {
                return (kind, mediaType);
            }
        }

        throw NotAcceptable(
            $"{ranked[0].Offer.MediaType} holds one map, but several are asked for. Ask for one with 'maps', or accept "
            + "application/zip or application/json.");
    }

    /// <summary>How much a client likes a media type: what the most exact of its entries says.</summary>
    private static double QualityOf(string mediaType, IList<MediaTypeHeaderValue> accepted)
    {
        var type = new MediaTypeHeaderValue(mediaType);
        return accepted
            .Where(type.IsSubsetOf)
            .OrderBy(entry => entry.MatchesAllTypes ? 2 : entry.MatchesAllSubTypes ? 1 : 0)
            .Select(entry => entry.Quality ?? 1)
            .FirstOrDefault();
    }

    private static Refusal NotAcceptable(string problem) =>
        new(StatusCodes.Status406NotAcceptable, "not-acceptable", $"{problem} There are {string.Join(", ", MediaTypes)}.");
}
