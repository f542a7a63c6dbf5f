using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.Models;

/// <summary>What a model needs to write its prediction into a graph.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Weights">The weights of each member, in the order of its layout.</param>
/// <param name="Sampling">How to sample; its Seed and Precision are not used here.</param>
/// <param name="Mirroring">The views that <see cref="SamplingOptions.Mirror"/> may take.</param>
/// <param name="Seed">
/// The seed of noise that becomes a constant of the graph; null where the graph has an input for it, of any number of generations.
/// </param>
internal sealed record GraphPrediction(
    GraphBuilder Graph,
    IReadOnlyList<IReadOnlyList<ReadOnlyMemory<float>>> Weights,
    SamplingOptions Sampling,
    Mirroring Mirroring,
    ulong? Seed)
{
    /// <summary>The input with the noise, where the graph has it.</summary>
    public const string NoiseInput = "Noise";

    /// <summary>The input with the number of generations that were sampled before, where views take turns.</summary>
    public const string FirstGenerationInput = "FirstGeneration";

    private readonly List<GraphValue> _checks = [];

    /// <summary>Sets of weights.</summary>
    public int Members => Weights.Count;

    /// <summary>What the layers of a member get.</summary>
    public GraphContext Context(WeightLayout layout, int member) =>
        new(Graph, layout, Weights[member], Members == 1 ? "" : $"member{member + 1}.");

    /// <summary>
    /// Notes the output of a network: torch's prediction fails where it is NaN or infinite. A graph cannot fail, so
    /// <see cref="Checked"/> makes its maps NaN.
    /// </summary>
    public GraphValue Check(GraphValue output)
    {
        _checks.Add(output.Times(0).Sum());
        return output;
    }

    /// <summary>The maps; all NaN where one of the noted outputs has a value that is NaN or infinite.</summary>
    public GraphMaps Checked(GraphMaps maps)
    {
        // Zero times a finite number is 0, and NaN otherwise.
        GraphValue zero = _checks.Aggregate((sum, check) => sum.Plus(check));
        return Marked(maps);

        GraphMaps Marked(GraphMaps of) => new(
            of.SoftMap.Plus(zero), of.ConsensusMaps.Plus(zero), of.Uncertainty.Plus(zero), of.Samples.Plus(zero))
        {
            RaterMaps = of.RaterMaps?.Plus(zero),
            Further = [.. of.Further.Select(Marked)],
        };
    }
}
