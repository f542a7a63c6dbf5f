using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consensus.ML.Options;
using Consensus.ML.Transforms;

namespace Consensus.ML.Segmentation.Models;

/// <summary>Writes manifests as JSON and reads them.</summary>
internal static class ManifestJson
{
    private static readonly JsonSerializerOptions SerializerOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(Spelling.Policy, allowIntegerValues: false) },
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
    };

    /// <summary>The manifest as the text of its file.</summary>
    public static byte[] Write(ModelManifest manifest) =>
        JsonSerializer.SerializeToUtf8Bytes(manifest, manifest.GetType(), SerializerOptions);

    /// <summary>Reads a manifest. <see cref="ManifestCheck"/> then checks its values.</summary>
    /// <typeparam name="T">The kind of manifest.</typeparam>
    /// <param name="json">The text of the file.</param>
    /// <exception cref="InvalidDataException">
    /// The text is no manifest, or it has a newer format; the message says which and what to do.
    /// </exception>
    public static T Read<T>(byte[] json)
        where T : ModelManifest
    {
        try
        {
            // The version comes first: this version of the library cannot judge the other members of a newer format.
            if (JsonSerializer.Deserialize<Version>(json, JsonSerializerOptions.Web)?.FormatVersion is { } version
                && version > ModelManifest.CurrentFormatVersion)
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The model file has format version {version}; this version of Consensus.ML reads up to "
                    + $"{ModelManifest.CurrentFormatVersion}. Update the Consensus.ML package."));
            }

            T manifest = JsonSerializer.Deserialize<T>(json, SerializerOptions)
                ?? throw ModelState.Damaged($"{ModelFile.ManifestName} is empty");
            return manifest.Weights is null || manifest.FurtherMembers?.All(member => member?.Weights is not null) == false
                ? throw ModelState.Damaged($"{ModelFile.ManifestName} says nothing of the weights")
                : manifest;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw ModelState.Damaged($"{ModelFile.ManifestName} cannot be read ({exception.Message})", exception);
        }
    }

    /// <summary>The part of a manifest that is read before its version is known.</summary>
    private sealed record Version(int? FormatVersion);
}
