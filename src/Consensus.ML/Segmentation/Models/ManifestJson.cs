using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consensus.ML.Transforms;

namespace Consensus.ML.Segmentation.Models;

/// <summary>How manifests are written and read.</summary>
internal static class ManifestJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(new CommandSpelling(), allowIntegerValues: false) },
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
    };

    public static byte[] Write<T>(T manifest)
        where T : ISegmentationManifest => JsonSerializer.SerializeToUtf8Bytes(manifest, Options);

    /// <param name="json">The file's text.</param>
    /// <param name="newest">The newest version of the format that is read.</param>
    /// <exception cref="InvalidDataException">
    /// The text is no manifest, or one of a newer format; the message says which and what to do.
    /// </exception>
    public static T Read<T>(byte[] json, int newest)
        where T : class, ISegmentationManifest
    {
        try
        {
            // Before anything else: what a newer format holds is not for this version to judge.
            if (JsonSerializer.Deserialize<Version>(json, JsonSerializerOptions.Web)?.FormatVersion is { } version && version > newest)
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The model file has format version {version}; this version of Consensus.ML reads up to {newest}. "
                    + $"Update the Consensus.ML package."));
            }

            T manifest = JsonSerializer.Deserialize<T>(json, Options) ?? throw ModelState.Damaged($"{ModelFile.ManifestName} is empty");
            return manifest.Weights is null || manifest.FurtherMembers?.All(member => member?.Weights is not null) == false
                ? throw ModelState.Damaged($"{ModelFile.ManifestName} says nothing of the weights")
                : manifest;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw ModelState.Damaged($"{ModelFile.ManifestName} cannot be read ({exception.Message})", exception);
        }
    }

    /// <summary>All that is read of a manifest before its version is known.</summary>
    private sealed record Version(int? FormatVersion);
}
