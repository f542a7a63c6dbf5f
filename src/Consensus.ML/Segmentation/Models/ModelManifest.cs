using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training;
using Microsoft.ML;
using TorchSharp;

namespace Consensus.ML.Segmentation.Models;

/// <summary>
/// What a model zip says of its weights, as JSON (data-schemas/model-manifest.schema.json). It holds no file paths and no names of cases.
/// </summary>
internal sealed record ModelManifest : ISegmentationManifest
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

    /// <summary>The number of levels C, which is the number of raters unless another was asked for.</summary>
    public required int Raters { get; init; }

    public required TrainingTarget Target { get; init; }

    public required NetworkOptions Network { get; init; }

    public required DiffusionOptions Diffusion { get; init; }

    public required SamplingOptions Sampling { get; init; }

    /// <summary>The seed of training, and of the noise where sampling has none of its own.</summary>
    public required int Seed { get; init; }

    public required ManifestTraining Training { get; init; }

    public ManifestLibraries Libraries { get; init; } = ManifestLibraries.Current;

    /// <summary>Null in memory; always there in a file.</summary>
    public ManifestWeights? Weights { get; init; }

    /// <inheritdoc/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ManifestMember>? FurtherMembers { get; init; }

    [JsonIgnore]
    public ModelDescription Description => new()
    {
        Height = Height,
        Width = Width,
        ImageChannels = ImageChannels,
        Levels = Raters,
        Target = Target,
        Network = Network,
        Diffusion = Diffusion,
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
    public static ModelManifest FromJson(byte[] json) => ManifestJson.Read<ModelManifest>(json, CurrentFormatVersion);
}

/// <summary>Spells values as the command does: any-annotator, x-start, bfloat16.</summary>
internal sealed class CommandSpelling : JsonNamingPolicy
{
    public override string ConvertName(string name) => name == nameof(Precision.BFloat16) ? "bfloat16" : KebabCaseLower.ConvertName(name);
}

/// <summary>The columns a model reads and writes.</summary>
internal sealed record ManifestColumns(string Features, string SoftMap, string ConsensusMaps, string Uncertainty)
{
    /// <summary>Older models do not name it, and have it by its default name.</summary>
    public string Samples { get; init; } = ConsensusSegmentationEstimator.Options.DefaultSamplesColumnName;

    public static ManifestColumns Of(ISegmentationOptions options) =>
        new(options.FeaturesColumnName, options.SoftMapColumnName, options.ConsensusMapsColumnName, options.UncertaintyColumnName)
        {
            Samples = options.SamplesColumnName,
        };
}

/// <summary>How a model came to be.</summary>
internal sealed record ManifestTraining(TrainingOptions Options, AugmentationPolicy? Augmentation, TrainingHistory History)
{
    /// <summary>What was done with cases that not all raters had drawn.</summary>
    public MissingRaters MissingRaters { get; init; }

    /// <summary>How far the masks lay off their images; null in models that did not note it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MaskOffset? MaskOffset { get; init; }

    /// <summary>How far the masks were reduced; null where that differed between cases, and in models that did not note it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MaskScale? MaskScale { get; init; }

    /// <summary>
    /// The axes along which its slices lay in their volumes, in order: none of single slices; null in models that did not note it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int>? VolumeAxes { get; init; }

    /// <summary>The views of an image that the model has learned to know.</summary>
    [JsonIgnore]
    public Mirroring Mirroring => Mirroring.LearnedFrom(Augmentation, MaskOffset ?? Consensus.ML.Torch.Models.MaskOffset.None);

    /// <summary>Where the model's maps lie on its slices; null where it did not note it.</summary>
    [JsonIgnore]
    public MapPlacement? Placement =>
        MaskOffset is null ? null : new(new(MaskOffset.Rows, MaskScale?.Rows), new(MaskOffset.Columns, MaskScale?.Columns));
}

/// <summary>A member of an ensemble that is not its first: how its weights came to be, and where they are.</summary>
internal sealed record ManifestMember(int Seed, ManifestTraining Training)
{
    /// <summary>Null in memory; always there in a file.</summary>
    public ManifestWeights? Weights { get; init; }
}

/// <summary>The weights beside the manifest.</summary>
internal sealed record ManifestWeights(string File, long Bytes, string Sha256);

/// <summary>Versions of the libraries that wrote a model.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1720", Justification = "Named as the packages are.")]
internal sealed record ManifestLibraries(
    [property: JsonPropertyName("Consensus.ML")] string Consensus,
    [property: JsonPropertyName("Microsoft.ML")] string Microsoft,
    [property: JsonPropertyName("TorchSharp")] string TorchSharp)
{
    public static ManifestLibraries Current { get; } = new(
        Version(typeof(ModelManifest)), Version(typeof(MLContext)), Version(typeof(torch)));

    private static string Version(Type type)
    {
        Assembly assembly = type.Assembly;
        string version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? assembly.GetName().Version?.ToString()
            ?? "unknown";

        // The commit after '+' is noise in a model.
        return version.Split('+')[0];
    }
}
