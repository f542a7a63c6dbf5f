using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;

namespace Consensus.ML.Segmentation.Exporting;

/// <summary>The texts that an ONNX file of this library holds beside its graph.</summary>
internal static class OnnxMetadata
{
    /// <summary>The model's manifest, as in a model zip (data-schemas/model-manifest.schema.json).</summary>
    public const string Manifest = "consensus.manifest";

    /// <summary>Which kind of manifest: diffusion or one-pass.</summary>
    public const string Kind = "consensus.kind";

    /// <summary>What happens to an image before the network, as JSON.</summary>
    public const string Preparation = "consensus.preparation";

    /// <summary>Where the noise comes from: constant, input, or none.</summary>
    public const string Noise = "consensus.noise";

    /// <summary>The seed of constant noise.</summary>
    public const string Seed = "consensus.seed";

    public const string Diffusion = "diffusion", OnePass = "one-pass", NoNoise = "none";

    // A mark for missing data may be NaN, and the range of no values is infinite.
    private static readonly JsonSerializerOptions PreparationOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The texts of a file.</summary>
    public static Dictionary<string, string> Write(ModelManifest manifest, OnnxPreparation preparation, OnnxNoise noise, int seed)
    {
        var texts = new Dictionary<string, string>
        {
            [Kind] = manifest.DiffusionSteps is null ? OnePass : Diffusion,
            [Manifest] = Encoding.UTF8.GetString(ManifestJson.Write(manifest)),
            [Preparation] = JsonSerializer.Serialize(preparation, PreparationOptions),
            [Noise] = manifest.DiffusionSteps is null ? NoNoise : Spelling.Write(noise),
        };
        if (texts[Noise] == Spelling.Write(OnnxNoise.Constant))
        {
            texts[Seed] = seed.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return texts;
    }

    /// <summary>Reads the manifest and the preparation from the texts of a file.</summary>
    /// <exception cref="InvalidDataException">The file is none that this library wrote, or is damaged; the message says how.</exception>
    public static (ModelManifest Manifest, OnnxPreparation Preparation, bool HasNoiseInput) Read(IReadOnlyDictionary<string, string> texts)
    {
        byte[] json = Encoding.UTF8.GetBytes(Require(Manifest));
        ModelManifest manifest = Require(Kind) switch
        {
            Diffusion => ManifestJson.Read<DiffusionManifest>(json),
            OnePass => ManifestJson.Read<OnePassManifest>(json),
            string kind => throw new InvalidDataException(
                $"The ONNX file says that it is a model of the kind '{kind}', which this version of the library does not know."),
        };
        ManifestCheck.Check(manifest);
        try
        {
            OnnxPreparation preparation = JsonSerializer.Deserialize<OnnxPreparation>(Require(Preparation), PreparationOptions)
                ?? throw new JsonException("it is null");
            return (manifest, preparation, Require(Noise) == Spelling.Write(OnnxNoise.Input));
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"The text '{Preparation}' of the ONNX file is damaged: {exception.Message}", exception);
        }

        string Require(string key) => texts.TryGetValue(key, out string? text) ? text : throw new InvalidDataException(
            $"The ONNX file has no metadata '{key}': it is none that SaveOnnx or 'consensus export' wrote.");
    }
}
