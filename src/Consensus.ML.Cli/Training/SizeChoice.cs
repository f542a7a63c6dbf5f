using Consensus.Imaging.Metrics;

namespace Consensus.ML.Cli.Training;

/// <summary>The side of the slices where --size is not given: it follows from the masks.</summary>
/// <param name="Side">The side, in pixels.</param>
/// <param name="SoftDice">What resizing to it leaves of the masks: the mean soft Dice, in [0, 1]; null where it is not known.</param>
internal sealed record SizeChoice(int Side, double? SoftDice)
{
    /// <summary>Half a point of soft Dice. A smaller size must not cost more.</summary>
    private const double Loss = 0.005;

    // On a CPU a step at 128 pixels takes no longer than one at 64, thanks to patches (RESULTS.md of the benchmarks). One at 256 works on
    // four times as many.
    private static readonly int[] OnCpu = [64, 128], OnGpu = [64, 128, 256];

    /// <summary>Every side that can be chosen, the smallest first.</summary>
    public static IReadOnlyList<int> Sides => OnGpu;

    /// <summary>
    /// Chooses the smallest side that costs less than half a point at the slices' own size, or the largest that the device trains well.
    /// </summary>
    /// <param name="ceilings">What resizing leaves, for the usual sizes; empty where no masks could be read.</param>
    /// <param name="onGpu">Whether a GPU trains.</param>
    public static SizeChoice FromCeilings(IReadOnlyList<ResizingCeiling> ceilings, bool onGpu)
    {
        ResizingCeiling[] candidates =
        [
            .. ceilings.Where(ceiling => (onGpu ? OnGpu : OnCpu).Contains(ceiling.Size)).OrderBy(ceiling => ceiling.Size),
        ];
        ResizingCeiling? chosen = candidates.FirstOrDefault(ceiling => ceiling.SoftDice > 1 - Loss) ?? candidates.LastOrDefault();
        return chosen is null ? new(OnCpu[0], null) : new(chosen.Size, chosen.SoftDice);
    }
}
