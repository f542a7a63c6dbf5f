using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Torch.Models;
using static TorchSharp.torch;

namespace Consensus.ML.Segmentation.Models;

/// <summary>The manifest of a diffusion model (data-schemas/model-manifest.schema.json).</summary>
internal sealed record DiffusionManifest : ModelManifest
{
    [JsonConstructor]
    public DiffusionManifest()
    {
    }

    /// <summary>Sets the members that all manifests have. The caller sets <see cref="Target"/> and <see cref="Diffusion"/>.</summary>
    [SetsRequiredMembers]
    public DiffusionManifest(ManifestColumns columns, SamplingOptions sampling, ModelShape shape, int seed, ManifestTraining training)
        : base(columns, sampling, shape, seed, training)
    {
        Diffusion = null!;
    }

    /// <summary>What the network draws.</summary>
    [JsonPropertyOrder(1)]
    public required TrainingTarget Target { get; init; }

    /// <summary>The structures; null for one structure without named raters.</summary>
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public override IReadOnlyList<SegmentedStructure>? Structures { get; init; }

    [JsonPropertyOrder(3)]
    public required DiffusionOptions Diffusion { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override ModelDescription Description => new()
    {
        Height = Height,
        Width = Width,
        ImageChannels = ImageChannels,
        Levels = Levels,
        Structures = Structures,
        Target = Target,
        Network = Network,
        Diffusion = Diffusion,
    };

    /// <inheritdoc/>
    [JsonIgnore]
    public override int? DiffusionSteps => Diffusion.Steps;

    /// <inheritdoc/>
    /// <remarks>
    /// The levels of raters' masks are the masks, sorted. They are above one half where the masks are, if the generations agree which
    /// masks are larger.
    /// </remarks>
    [JsonIgnore]
    public override bool RoundsLevels => Target != TrainingTarget.SoftLabel;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Learned => Spelling.Write(Target);

    /// <inheritdoc/>
    public override ConsensusModel CreateModel(IReadOnlyList<byte[]> weights, Device device) =>
        ConsensusModel.Load(Description, weights, device);

    /// <inheritdoc/>
    public override void CheckKind()
    {
        OptionRange.Defined(nameof(Target), Target);
        if (Structures is not null)
        {
            StructuresCheck.Check(Structures, Height, Width, Columns.Outputs(Structures));
            StructuresCheck.CheckTarget(Target);
            int levels = Structures.Max(structure => structure.Levels);
            OptionRange.Range(nameof(Levels), Levels, levels, levels, ", the most that a structure has");
        }

        DiffusionCheck.Check(Diffusion);
    }

    /// <inheritdoc/>
    public override void CheckTraining(TrainingOptions training) => TrainingCheck.Check(training, Diffusion, hasValidationSet: true);
}
