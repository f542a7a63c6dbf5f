using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Torch.OnePass;
using static TorchSharp.torch;

namespace Consensus.ML.Segmentation.Models;

/// <summary>The manifest of a one-pass U-Net (data-schemas/unet-manifest.schema.json).</summary>
internal sealed record OnePassManifest : ModelManifest
{
    [JsonConstructor]
    public OnePassManifest()
    {
    }

    /// <summary>
    /// Sets the members that all manifests have. The caller sets <see cref="Kind"/>, <see cref="Rounded"/> and <see cref="PassDropout"/>.
    /// </summary>
    [SetsRequiredMembers]
    public OnePassManifest(ManifestColumns columns, SamplingOptions sampling, ModelShape shape, int seed, ManifestTraining training)
        : base(columns, sampling, shape, seed, training)
    {
    }

    /// <summary>What the network learned from the raters.</summary>
    [JsonPropertyOrder(1)]
    public required UNetKind Kind { get; init; }

    /// <summary>Whether the soft map is the mean of rounded maps.</summary>
    [JsonPropertyOrder(1)]
    public required bool Rounded { get; init; }

    /// <summary>Dropout probability of Monte-Carlo dropout.</summary>
    [JsonPropertyOrder(1)]
    public required double PassDropout { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override UNetDescription Description => new()
    {
        Height = Height,
        Width = Width,
        ImageChannels = ImageChannels,
        Levels = Levels,
        Kind = Kind,
        Rounded = Rounded,
        PassDropout = PassDropout,
        Network = Network,
    };

    /// <inheritdoc/>
    [JsonIgnore]
    public override int? DiffusionSteps => null;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Learned => Spelling.Write(Kind);

    /// <inheritdoc/>
    public override UNetModel CreateModel(IReadOnlyList<byte[]> weights, Device device) => UNetModel.Load(Description, weights, device);

    /// <inheritdoc/>
    public override void CheckKind()
    {
        OptionRange.Defined(nameof(Kind), Kind);
        NetworkCheck.CheckPassDropout(PassDropout);
    }

    /// <inheritdoc/>
    public override void CheckTraining(TrainingOptions training) => TrainingCheck.Check(training, diffusion: null, hasValidationSet: true);
}
