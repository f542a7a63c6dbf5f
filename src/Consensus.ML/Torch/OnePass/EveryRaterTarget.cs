namespace Consensus.ML.Torch.OnePass;

/// <summary>A target for each rater: that rater's mask, or none where the rater has not drawn the case.</summary>
/// <param name="raters">Number of different raters.</param>
internal sealed class EveryRaterTarget(int raters) : OnePassTarget
{
    /// <inheritdoc/>
    public override int Count => raters;

    /// <inheritdoc/>
    public override bool CanBeMissing => true;

    /// <inheritdoc/>
    public override MapMeaning Meaning => MapMeaning.Raters;

    /// <inheritdoc/>
    public override void Fill(RatersOfImage masks, float[] drawn, TargetBuffers buffers)
    {
        for (int mask = 0; mask < masks.Count; mask++)
        {
            int rater = masks.Raters[mask];
            Copy(masks.Mask(mask), buffers.Target(rater));
            buffers.Present[rater] = 1;
        }
    }
}
