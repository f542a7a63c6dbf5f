namespace Consensus.ML.Torch.OnePass;

/// <summary>The mask of one rater, drawn anew for each image of each step.</summary>
internal sealed class AnyRaterTarget : OnePassTarget
{
    /// <inheritdoc/>
    public override float[] Draw(int raters, Random random) => [random.Next(raters)];

    /// <inheritdoc/>
    public override void Fill(RatersOfImage masks, float[] drawn, TargetBuffers buffers) =>
        Copy(masks.Mask((int)drawn[0]), buffers.Target(0));
}
