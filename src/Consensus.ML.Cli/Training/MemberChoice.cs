using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Training;

/// <summary>
/// How many networks are trained side by side where --members is not given: two where the mean of two was measured to be better than one
/// network that has both cores (RESULTS.md of the benchmarks, "Members side by side").
/// </summary>
internal static class MemberChoice
{
    // In a shorter time, or with more pixels, two networks have too few steps. On more cases each network needs more of them.
    private const int LargestSide = 128, MostGroups = 50;
    private static readonly TimeSpan _enough = TimeSpan.FromMinutes(15);

    /// <summary>Chooses one network or two.</summary>
    /// <param name="options">What is trained, and when it ends.</param>
    /// <param name="side">Side of the slices, in pixels.</param>
    /// <param name="groups">Number of groups of training cases, such as patients; a case without a group is one of its own.</param>
    /// <param name="cores">Cores of the CPU that training may use; none where a GPU trains, or several processes.</param>
    public static int Count(SegmentationOptions options, int side, int groups, int cores)
    {
        bool isMeasured = options is ConsensusSegmentationEstimator.Options
        {
            Target: TrainingTarget.Consensus, Network.LevelConditioning: LevelConditioning.Channels, NamedRaters: false, Structures: [],
        };
        bool hasTime = options.Training is { Steps: null, TimeLimit: { } limit } && limit >= _enough;
        return isMeasured && hasTime && side <= LargestSide && groups <= MostGroups && cores >= 2 ? 2 : 1;
    }
}
