using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>Which maps of a case a network can learn, and what each of them is (the paper's Table 2).</summary>
/// <param name="description">The model.</param>
internal sealed class MapTargets(ModelDescription description)
{
    private readonly ConditionTable _conditions = description.Conditions;

    /// <summary>
    /// The maps of a case, from 0: conditions of the network, or with the target AnyAnnotator the masks of the case. A structure that
    /// nobody drew on the case has no maps, and neither has a rater who did not draw it.
    /// </summary>
    public int[] Of(TrainingCase source) => description.Target switch
    {
        TrainingTarget.AnyAnnotator => [.. Enumerable.Range(0, source.Masks.Raters)],
        TrainingTarget.Annotator => [.. source.Raters],
        _ => [.. Enumerable.Range(0, _conditions.Count).Where(map => IsDrawn(source, _conditions[map]))],
    };

    /// <summary>Draws x_0 = 2·target − 1 of a map.</summary>
    /// <param name="map">One of the maps of the case.</param>
    /// <param name="source">The case.</param>
    /// <param name="masks">All masks of the case, transformed like its image.</param>
    /// <param name="start">x_0, H×W.</param>
    public void Draw(int map, TrainingCase source, ReadOnlySpan<byte> masks, Span<float> start)
    {
        switch (description.Target)
        {
            case TrainingTarget.AnyAnnotator:
                DrawMask(masks.Slice(map * start.Length, start.Length), start);
                break;
            case TrainingTarget.Annotator:
                DrawMask(masks.Slice(MaskOf(source, 0, map) * start.Length, start.Length), start);
                break;
            default:
                DrawCondition(_conditions[map], source, masks, start);
                break;
        }
    }

    private void DrawCondition(Condition condition, TrainingCase source, ReadOnlySpan<byte> masks, Span<float> start)
    {
        if (condition.Rater is int rater)
        {
            DrawMask(masks.Slice(MaskOf(source, condition.Structure, rater) * start.Length, start.Length), start);
            return;
        }

        int raters = Sum(source, condition.Structure, masks, start);
        int needed = ConsensusLabels.VotesNeeded(condition.Level!.Value, _conditions.Structures[condition.Structure].Levels, raters);
        for (int pixel = 0; pixel < start.Length; pixel++)
        {
            float votes = start[pixel];
            start[pixel] = description.Target == TrainingTarget.Consensus ? (votes >= needed ? 1 : -1) : (2 * votes / raters) - 1;
        }
    }

    /// <summary>Counts the votes of a structure at each pixel, and its raters. The counts are small, and so exact.</summary>
    private static int Sum(TrainingCase source, int structure, ReadOnlySpan<byte> masks, Span<float> votes)
    {
        votes.Clear();
        int raters = 0;
        for (int mask = 0; mask < source.Masks.Raters; mask++)
        {
            if (source.Structures[mask] != structure)
            {
                continue;
            }

            raters++;
            ReadOnlySpan<byte> drawn = masks.Slice(mask * votes.Length, votes.Length);
            for (int pixel = 0; pixel < votes.Length; pixel++)
            {
                votes[pixel] += drawn[pixel];
            }
        }

        return raters;
    }

    private static void DrawMask(ReadOnlySpan<byte> mask, Span<float> start)
    {
        for (int pixel = 0; pixel < start.Length; pixel++)
        {
            start[pixel] = (2 * mask[pixel]) - 1;
        }
    }

    private static bool IsDrawn(TrainingCase source, Condition condition) => condition.Rater is int rater
        ? MaskOf(source, condition.Structure, rater) >= 0
        : source.Structures.Contains(condition.Structure);

    /// <summary>The mask of a rater in a case; −1 where the rater did not draw that structure on it.</summary>
    private static int MaskOf(TrainingCase source, int structure, int rater)
    {
        for (int mask = 0; mask < source.Masks.Raters; mask++)
        {
            if (source.Structures[mask] == structure && source.Raters[mask] == rater)
            {
                return mask;
            }
        }

        return -1;
    }
}
