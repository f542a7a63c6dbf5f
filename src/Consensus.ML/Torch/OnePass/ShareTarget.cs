namespace Consensus.ML.Torch.OnePass;

/// <summary>The share of raters who marked each pixel.</summary>
internal sealed class ShareTarget : OnePassTarget
{
    /// <inheritdoc/>
    public override void Fill(RatersOfImage masks, float[] drawn, TargetBuffers buffers)
    {
        Span<float> target = buffers.Target(0);
        for (int pixel = 0; pixel < target.Length; pixel++)
        {
            target[pixel] = (float)masks.Votes(pixel) / masks.Count;
        }
    }
}
