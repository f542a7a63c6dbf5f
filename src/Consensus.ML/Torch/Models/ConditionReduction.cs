using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Models;

/// <summary>Reduces the samples of all conditions to the maps of each structure, and to the masks of its raters.</summary>
internal static class ConditionReduction
{
    /// <param name="samples">Generations × conditions × H × W in [0, 1], on the CPU.</param>
    /// <param name="description">The model.</param>
    /// <param name="keepSamples">Whether the prediction keeps the samples of the levels.</param>
    public static ConsensusPrediction Reduce(Tensor samples, ModelDescription description, bool keepSamples)
    {
        if (description.Structures is null)
        {
            return SampleReduction.Reduce(samples, description.Target, keepSamples);
        }

        ConditionTable table = description.Conditions;
        ConsensusPrediction[] predictions = [.. Enumerable.Range(0, table.Structures.Count).Select(Of)];
        return predictions[0] with { Further = predictions[1..] };

        ConsensusPrediction Of(int index)
        {
            using var scope = NewDisposeScope();
            SegmentedStructure structure = table.Structures[index];
            ConsensusPrediction levels = SampleReduction.Reduce(
                samples.narrow(1, table.OfLevel(index, 1), structure.Levels), description.Target, keepSamples);
            return structure.Raters.Count == 0
                ? levels
                : levels with
                {
                    RaterMaps = samples.narrow(1, table.OfRater(index, 0), structure.Raters.Count).mean([0]).ToArray(),
                };
        }
    }

    /// <summary><see cref="Reduce"/> in a graph. The samples of the first structure are those of all conditions.</summary>
    public static GraphMaps Emit(GraphValue samples, ModelDescription description)
    {
        ConditionTable table = description.Conditions;
        GraphMaps[] maps = [.. table.Structures.Select((structure, index) =>
            SampleReduction.Emit(samples.Part(1, table.OfLevel(index, 1), structure.Levels), description.Target) with
            {
                RaterMaps = structure.Raters.Count == 0
                    ? null
                    : samples.Part(1, table.OfRater(index, 0), structure.Raters.Count).Mean(0),
            })];
        return maps[0] with { Samples = samples, Further = maps[1..] };
    }
}
