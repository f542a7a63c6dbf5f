using System.Text.Json.Serialization;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;

namespace Consensus.ML.Segmentation.Models;

/// <summary>
/// What the zip of a one-pass U-Net says of its weights, as JSON (data-schemas/unet-manifest.schema.json). It holds no file paths
/// and no names of cases.
/// </summary>
internal sealed record UNetManifest : ISegmentationManifest
{
    /// <summary>
    /// The newest version that this library reads. It writes the oldest that says everything: 1 of a model alone, 2 of an ensemble.
    /// </summary>
    public const int CurrentFormatVersion = 2;

    public int FormatVersion { get; init; } = 1;

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

    /// <inheritdoc/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ManifestMember>? FurtherMembers { get; init; }

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
    public ISegmentationManifest With(IReadOnlyList<ManifestWeights> weights) => this with
    {
        FormatVersion = FurtherMembers is null ? 1 : 2,
        Weights = weights[0],
        FurtherMembers = FurtherMembers?.Zip(weights.Skip(1), (member, file) => member with { Weights = file }).ToArray(),
    };

    /// <inheritdoc/>
    public void Check() => ManifestCheck.Check(this);

    /// <inheritdoc/>
    public byte[] ToJson() => ManifestJson.Write(this);

    /// <exception cref="InvalidDataException">
    /// The text is no manifest, or one of a newer format; the message says which and what to do.
    /// </exception>
    public static UNetManifest FromJson(byte[] json) => ManifestJson.Read<UNetManifest>(json, CurrentFormatVersion);
}
