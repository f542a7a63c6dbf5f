using Consensus.Imaging.Labels;

namespace Consensus.ML.Torch.OnePass;

/// <summary>A target for each level c of C: the pixels that at least c raters marked, or the share c/C of a case's raters.</summary>
/// <param name="levels">Number of levels C.</param>
internal sealed class LevelTarget(int levels) : OnePassTarget
{
    /// <inheritdoc/>
    public override int Count => levels;

    /// <inheritdoc/>
    public override MapMeaning Meaning => MapMeaning.Levels;

    /// <inheritdoc/>
    public override void Fill(RatersOfImage masks, float[] drawn, TargetBuffers buffers)
    {
        for (int level = 1; level <= levels; level++)
        {
            masks.AtLeast(ConsensusLabels.VotesNeeded(level, levels, masks.Count), buffers.Target(level - 1));
        }
    }
}
