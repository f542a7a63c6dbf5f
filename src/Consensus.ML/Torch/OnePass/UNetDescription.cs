using System.Text.Json.Serialization;
using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.OnePass;

/// <summary>All that fixes the names and shapes of a one-pass U-Net's weights and how they are used.</summary>
internal sealed record UNetDescription : INetworkDescription
{
    /// <summary>Rows of a slice.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of a slice.</summary>
    public required int Width { get; init; }

    /// <summary>Channels of a slice.</summary>
    public required int ImageChannels { get; init; }

    /// <summary>
    /// Number of levels C: the number of raters of a complete case, unless another number was requested. For
    /// <see cref="UNetKind.MultiHead"/>, the number of different raters.
    /// </summary>
    public required int Levels { get; init; }

    /// <summary>What the network learns.</summary>
    public required UNetKind Kind { get; init; }

    /// <summary>Whether the soft map is the mean of rounded maps.</summary>
    public required bool Rounded { get; init; }

    /// <summary>Dropout probability of <see cref="UNetKind.MonteCarloDropout"/>, at training and prediction.</summary>
    public required double PassDropout { get; init; }

    /// <summary>The options of <see cref="UNetKind.StochasticSegmentation"/>; null for other kinds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StochasticOptions? Stochastic { get; init; }

    /// <summary>The options of <see cref="UNetKind.ProbabilisticUNet"/>; null for other kinds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProbabilisticOptions? Probabilistic { get; init; }

    /// <summary>The network's shape.</summary>
    public required NetworkOptions Network { get; init; }

    /// <summary>The network of a fully convolutional kind; null for other kinds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FullyConvolutionalOptions? FullyConvolutional { get; init; }

    /// <summary>How <see cref="UNetKind.FixedPoint"/> crops and stops; null for other kinds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FixedPointOptions? FixedPoint { get; init; }

    /// <summary>How much each rater counts in predictions of <see cref="UNetKind.MultiRaterAgreement"/>; null for equal shares.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? Expertise { get; init; }

    /// <summary>What this kind of model is made of.</summary>
    public OnePassVariant Variant() => OnePassVariants.Create(this);

    /// <inheritdoc/>
    public GraphMaps Emit(GraphPrediction prediction, GraphValue image) => OnePassGraph.Emit(this, prediction, image);

    /// <inheritdoc/>
    public WeightLayout Layout() => Variant().Layout;

    /// <inheritdoc/>
    /// <remarks>
    /// Rounding, dropout, crops, expertise, losses and a masked background change no weight. This network has no parts for the conditioning
    /// of a diffusion model (image encoder, level, time).
    /// </remarks>
    public INetworkDescription Comparable()
    {
        var plain = new NetworkOptions();
        return this with
        {
            Rounded = false,
            PassDropout = 0,
            FixedPoint = null,
            Expertise = null,
            Stochastic = Stochastic is null ? null : new() { Rank = Stochastic.Rank },
            Probabilistic = Probabilistic is null ? null : new() { LatentSize = Probabilistic.LatentSize },
            Network = Network with
            {
                Dropout = 0, Conditioning = plain.Conditioning, LevelConditioning = plain.LevelConditioning,
                EncoderBlocks = plain.EncoderBlocks, EncoderWidth = plain.EncoderWidth, EncoderGrowth = plain.EncoderGrowth,
                EncoderCoordinates = false, NoiseStartsAtZero = false, ScaleShiftNorm = false,
            },
        };
    }
}
