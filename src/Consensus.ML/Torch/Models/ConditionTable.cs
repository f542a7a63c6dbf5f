using Consensus.ML.Options;

namespace Consensus.ML.Torch.Models;

/// <summary>
/// What each condition of a network stands for: a level of agreement, or the mask of a named rater, of one structure. A condition is a row
/// of the network's embedding (Amit et al. 2023, section 3, where the rows are the levels), or a channel of x_t where a pass draws all
/// maps. The conditions of a structure follow one another: its levels from 1 to C, then its raters.
/// </summary>
/// <param name="structures">The structures in their order.</param>
internal sealed class ConditionTable(IReadOnlyList<SegmentedStructure> structures)
{
    /// <summary>The structures in their order.</summary>
    public IReadOnlyList<SegmentedStructure> Structures => structures;

    /// <summary>The number of conditions.</summary>
    public int Count => structures.Sum(structure => structure.Maps);

    /// <summary>The condition, from 0, of a level.</summary>
    /// <param name="structure">The structure, from 0.</param>
    /// <param name="level">The level, from 1.</param>
    public int OfLevel(int structure, int level) => First(structure) + level - 1;

    /// <summary>The condition, from 0, of a rater.</summary>
    /// <param name="structure">The structure, from 0.</param>
    /// <param name="rater">The rater of that structure, from 0.</param>
    public int OfRater(int structure, int rater) => First(structure) + structures[structure].Levels + rater;

    /// <summary>What a condition stands for.</summary>
    /// <param name="id">The condition, from 0.</param>
    public Condition this[int id]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id);
            int left = id;
            for (int structure = 0; structure < structures.Count; structure++)
            {
                SegmentedStructure here = structures[structure];
                if (left < here.Maps)
                {
                    return left < here.Levels ? new(structure, left + 1, null) : new(structure, null, left - here.Levels);
                }

                left -= here.Maps;
            }

            throw new ArgumentOutOfRangeException(nameof(id), id, "The network has no such condition.");
        }
    }

    private int First(int structure) => structures.Take(structure).Sum(before => before.Maps);
}

/// <summary>What a network draws under a condition: either a level or a rater.</summary>
/// <param name="Structure">The structure, from 0.</param>
/// <param name="Level">The level of agreement, from 1; null for a rater.</param>
/// <param name="Rater">The rater of the structure, from 0; null for a level.</param>
internal readonly record struct Condition(int Structure, int? Level, int? Rater);
