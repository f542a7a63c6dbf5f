namespace Consensus.ML.Torch.OnePass;

/// <summary>The pixels that more than half of the raters marked; a tie is background.</summary>
internal sealed class MajorityTarget : OnePassTarget
{
    /// <inheritdoc/>
    public override void Fill(RatersOfImage masks, float[] drawn, TargetBuffers buffers) =>
        masks.AtLeast((masks.Count / 2) + 1, buffers.Target(0));
}
