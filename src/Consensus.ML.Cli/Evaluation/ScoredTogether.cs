using Consensus.Imaging;
using Consensus.Imaging.Cases;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>
/// Which cases are scored together: the slices of a volume that follow each other, so that the volume can be scored too, or else a case by
/// itself.
/// </summary>
internal static class ScoredTogether
{
    /// <summary>The places of the cases that are scored together, in their order.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Of(IReadOnlyList<RaterCase> cases)
    {
        var together = new List<List<int>>();
        string? before = null;
        for (int i = 0; i < cases.Count; i++)
        {
            string? volume = SliceAddress.VolumeOf(cases[i].ImagePaths);
            if (volume is not null && volume == before)
            {
                together[^1].Add(i);
            }
            else
            {
                together.Add([i]);
            }

            before = volume;
        }

        return together;
    }
}
