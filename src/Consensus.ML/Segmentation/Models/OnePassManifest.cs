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

    /// <summary>The network of a fully convolutional kind; absent for other kinds.</summary>
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FullyConvolutionalOptions? FullyConvolutional { get; init; }

    /// <summary>How the fixed-point kind crops and stops; absent for other kinds.</summary>
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FixedPointOptions? FixedPoint { get; init; }

    /// <summary>How much each rater counts in a prediction; absent where they count equally, and for other kinds.</summary>
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? Expertise { get; init; }

    /// <summary>The options of stochastic segmentation networks; null for other kinds.</summary>
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StochasticOptions? Stochastic { get; init; }

    /// <summary>The options of the Probabilistic U-Net; null for other kinds.</summary>
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProbabilisticOptions? Probabilistic { get; init; }

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
        Stochastic = Stochastic,
        Probabilistic = Probabilistic,
        Network = Network,
        FullyConvolutional = FullyConvolutional,
        FixedPoint = FixedPoint,
        Expertise = Expertise,
    };

    /// <inheritdoc/>
    [JsonIgnore]
    public override int? DiffusionSteps => null;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool RoundsLevels => Rounded && Kind is UNetKind.Levels or UNetKind.MultiHead;

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
        OnePassCheck.Check(FullyConvolutional, FixedPoint, Expertise);
        OnePassCheck.CheckRaters(Expertise, Levels);
        EnsureOwn(nameof(Stochastic), Stochastic is not null, UNetKind.StochasticSegmentation);
        EnsureOwn(nameof(Probabilistic), Probabilistic is not null, UNetKind.ProbabilisticUNet);
        MaskDrawingCheck.Check(Stochastic ?? new());
        MaskDrawingCheck.Check(Probabilistic ?? new());
    }

    /// <inheritdoc/>
    public override void CheckTraining(TrainingOptions training) => TrainingCheck.Check(training, diffusion: null, hasValidationSet: true);

    // A kind has its own options and no others: the weights have their shapes from them.
    private void EnsureOwn(string name, bool isThere, UNetKind kind)
    {
        if (isThere != (Kind == kind))
        {
            throw OptionRange.Wrong(name, isThere ? "there" : "missing", $"there for the kind {kind}, and for no other");
        }
    }
}
