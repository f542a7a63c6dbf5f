using System.Text.Json.Serialization;
using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.Models;

/// <summary>All that fixes the names and shapes of a model's weights and how they are used.</summary>
internal sealed record ModelDescription : INetworkDescription
{
    /// <summary>Rows of a slice.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of a slice.</summary>
    public required int Width { get; init; }

    /// <summary>Channels of a slice.</summary>
    public required int ImageChannels { get; init; }

    /// <summary>Number of levels C: the number of raters of a complete case, unless another number was requested.</summary>
    public required int Levels { get; init; }

    /// <summary>
    /// The structures of a model that has several, or that draws the masks of named raters; null for one structure without named raters,
    /// whose levels are <see cref="Levels"/>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SegmentedStructure>? Structures { get; init; }

    /// <summary>What each condition of the network stands for. Where each level is a rater, its levels are the raters.</summary>
    [JsonIgnore]
    public ConditionTable Conditions => new(Structures ?? [new("", Levels, [])]);

    /// <summary>What the network draws.</summary>
    public required TrainingTarget Target { get; init; }

    /// <summary>The network's shape.</summary>
    public required NetworkOptions Network { get; init; }

    /// <summary>The diffusion process.</summary>
    public required DiffusionOptions Diffusion { get; init; }

    /// <summary>Whether the network has an embedding of the level (or rater).</summary>
    [JsonIgnore]
    public bool HasLevelEmbedding => TellsLevelsApart && Network.LevelConditioning == LevelConditioning.Embedding;

    /// <summary>Maps that one pass of the network draws: channels of x_t.</summary>
    [JsonIgnore]
    public int MapsPerPass => TellsLevelsApart && Network.LevelConditioning == LevelConditioning.Channels ? Conditions.Count : 1;

    /// <summary>Number of network passes for the maps of all conditions.</summary>
    [JsonIgnore]
    public int Passes => Conditions.Count / MapsPerPass;

    private bool TellsLevelsApart => Target is TrainingTarget.Consensus or TrainingTarget.Annotator;

    /// <summary>The network of this description.</summary>
    public ConsensusNetwork CreateNetwork() =>
        new(
            Network, Math.Min(Height, Width), ImageChannels, HasLevelEmbedding ? Conditions.Count : null, Diffusion.LearnedVariance,
            MapsPerPass);

    /// <inheritdoc/>
    public GraphMaps Emit(GraphPrediction prediction, GraphValue image) => DiffusionGraph.Emit(this, prediction, image);

    /// <inheritdoc/>
    public WeightLayout Layout() => CreateNetwork().Layout;

    /// <inheritdoc/>
    /// <remarks>Dropout changes no weight. Level conditioning changes no weight if there is one map.</remarks>
    public INetworkDescription Comparable() =>
        this with { Network = Network with { Dropout = 0, LevelConditioning = TellsLevelsApart ? Network.LevelConditioning : default } };
}
