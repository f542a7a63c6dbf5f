using System.Text.Json.Serialization;
using Consensus.ML.Diffusion;
using Consensus.ML.Networks;
using Consensus.ML.Training;

namespace Consensus.ML;

/// <summary>
/// What the zip of a one-pass U-Net says of its weights, as JSON (data-schemas/unet-manifest.schema.json). It holds no file paths and no names of cases.
/// </summary>
internal sealed record UNetManifest : ISegmentationManifest
{
    /// <summary>The version that this library writes, and the newest that it reads.</summary>
    public const int CurrentFormatVersion = 1;

    public int FormatVersion { get; init; } = CurrentFormatVersion;

    public required ManifestColumns Columns { get; init; }

    public required int Height { get; init; }

    public required int Width { get; init; }

    public required int ImageChannels { get; init; }

    /// <inheritdoc/>
    public required int Raters { get; init; }

    public required UNetKind Kind { get; init; }

    /// <summary>Whether the soft map is the mean of rounded maps.</summary>
    public required bool Rounded { get; init; }

    /// <summary>Dropout probability of Monte-Carlo dropout.</summary>
    public required double PassDropout { get; init; }

    public required NetworkOptions Network { get; init; }

    public required SamplingOptions Sampling { get; init; }

    /// <inheritdoc/>
    public required int Seed { get; init; }

    public required ManifestTraining Training { get; init; }

    public ManifestLibraries Libraries { get; init; } = ManifestLibraries.Current;

    /// <inheritdoc/>
    public ManifestWeights? Weights { get; init; }

    [JsonIgnore]
    public UNetDescription Description => new()
    {
        Height = Height,
        Width = Width,
        ImageChannels = ImageChannels,
        Levels = Raters,
        Kind = Kind,
        Rounded = Rounded,
        PassDropout = PassDropout,
        Network = Network,
    };

    INetworkDescription ISegmentationManifest.Description => Description;

    /// <inheritdoc/>
    public ISegmentationManifest With(ManifestWeights weights) => this with { Weights = weights };

    /// <inheritdoc/>
    public byte[] ToJson() => ManifestJson.Write(this);

    /// <exception cref="InvalidDataException">The text is no manifest, or one of a newer format; the message says which and what to do.</exception>
    public static UNetManifest FromJson(byte[] json) => ManifestJson.Read<UNetManifest>(json, CurrentFormatVersion);
}
