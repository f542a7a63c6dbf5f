using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using static TorchSharp.torch;

namespace Consensus.ML.Segmentation.Models;

/// <summary>
/// The manifest of a model zip, as JSON: it describes the weights. This type has the members that all kinds of models have;
/// <see cref="DiffusionManifest"/> and <see cref="OnePassManifest"/> add the members of their kind. It holds no file paths and no names
/// of cases.
/// </summary>
/// <remarks>The members keep the order of the first version in the file: the members of the kind stand between the common ones.</remarks>
internal abstract record ModelManifest
{
    /// <summary>The newest version of the format that this library reads.</summary>
    public const int CurrentFormatVersion = 3;

    /// <summary>The most members of an ensemble: as many as a prediction may take generations.</summary>
    public const int MostMembers = 1000;

    private protected ModelManifest()
    {
    }

    [SetsRequiredMembers]
    private protected ModelManifest(
        ManifestColumns columns,
        SamplingOptions sampling,
        ModelShape shape,
        int seed,
        ManifestTraining training)
    {
        Columns = columns;
        (Height, Width, ImageChannels, Levels, Network) = shape;
        Sampling = sampling;
        Seed = seed;
        Training = training;
    }

    /// <summary>
    /// The oldest version of the format that can hold this model: 1 for a single model, 2 for an ensemble, 3 for several structures or
    /// named raters.
    /// </summary>
    public int FormatVersion { get; init; } = 1;

    public required ManifestColumns Columns { get; init; }

    public required int Height { get; init; }

    public required int Width { get; init; }

    public required int ImageChannels { get; init; }

    /// <summary>
    /// The number of levels C: the number of raters, unless the option Levels said otherwise; of several structures the largest.
    /// </summary>
    [JsonPropertyName("raters")]
    public required int Levels { get; init; }

    [JsonPropertyOrder(2)]
    public required NetworkOptions Network { get; init; }

    [JsonPropertyOrder(4)]
    public required SamplingOptions Sampling { get; init; }

    /// <summary>The seed of training. Predictions use it too where the sampling options have no seed.</summary>
    [JsonPropertyOrder(4)]
    public required int Seed { get; init; }

    [JsonPropertyOrder(4)]
    public required ManifestTraining Training { get; init; }

    [JsonPropertyOrder(4)]
    public ManifestLibraries Libraries { get; init; } = ManifestLibraries.Current;

    /// <summary>Null in memory; always present in a file.</summary>
    [JsonPropertyOrder(4)]
    public ManifestWeights? Weights { get; init; }

    /// <summary>The other members of an ensemble, whose first member is this model; null for a single model.</summary>
    [JsonPropertyOrder(4)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ManifestMember>? FurtherMembers { get; init; }

    /// <summary>The structures of a model that has several or draws named raters; null for all other models.</summary>
    [JsonIgnore]
    public virtual IReadOnlyList<SegmentedStructure>? Structures
    {
        get => null;
        init => throw new NotSupportedException("This kind of model has one structure.");
    }

    /// <summary>The structures of any model; one without a name where <see cref="Structures"/> is null.</summary>
    [JsonIgnore]
    public IReadOnlyList<SegmentedStructure> EveryStructure => Structures ?? [new("", Levels, [])];

    /// <summary>The network and its input and output.</summary>
    [JsonIgnore]
    public abstract INetworkDescription Description { get; }

    /// <summary>The most steps that sampling can take; null where the model does not sample by diffusion.</summary>
    [JsonIgnore]
    public abstract int? DiffusionSteps { get; }

    /// <summary>
    /// Whether the soft map is the share of the levels above one half. Then the levels can be brought to another size before they are
    /// rounded.
    /// </summary>
    [JsonIgnore]
    public abstract bool RoundsLevels { get; }

    /// <summary>What the network learnt of the raters, as files spell it.</summary>
    [JsonIgnore]
    public abstract string Learned { get; }

    /// <summary>Makes the model from the weights of every member, each a safetensors file.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or its names or shapes are not those of this network.</exception>
    public abstract SegmentationModel CreateModel(IReadOnlyList<byte[]> weights, Device device);

    /// <summary>Checks the members that only this kind has; <see cref="ManifestCheck"/> checks the others.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public abstract void CheckKind();

    /// <summary>Checks how a member was trained, by the rules of this kind.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public abstract void CheckTraining(TrainingOptions training);

    /// <summary>The manifest of a file that holds these weights, one file for each member.</summary>
    public ModelManifest WithWeights(IReadOnlyList<ManifestWeights> weights) => this with
    {
        FormatVersion = Structures is not null ? 3 : FurtherMembers is null ? 1 : 2,
        Weights = weights[0],
        FurtherMembers = FurtherMembers?.Zip(weights.Skip(1), (member, file) => member with { Weights = file }).ToArray(),
    };
}
