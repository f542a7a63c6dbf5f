namespace Consensus.ML.Torch.OnePass;

/// <summary>
/// The pixels that more than half of the raters marked, and as inputs the box around them: its first row and column, and the row and column
/// after its last, in pixels. Each side of the box gets a frame of its own width. A truth without a pixel has the whole slice as its box.
/// </summary>
/// <param name="height">Rows of a slice.</param>
/// <param name="width">Columns of a slice.</param>
/// <param name="margin">The widest frame as a share of each side of the slice.</param>
internal sealed class CroppedMajorityTarget(int height, int width, double margin) : OnePassTarget
{
    private readonly MajorityTarget _majority = new();

    /// <inheritdoc/>
    public override int Inputs => 4;

    /// <inheritdoc/>
    /// <returns>The width of the frame at each side, as a share of the widest.</returns>
    public override float[] Draw(int raters, Random random) => [.. Enumerable.Range(0, 4).Select(_ => random.NextSingle())];

    /// <inheritdoc/>
    public override void Fill(RatersOfImage masks, float[] drawn, TargetBuffers buffers)
    {
        _majority.Fill(masks, drawn, buffers);
        Span<float> truth = buffers.Target(0), box = buffers.Inputs;
        int top = height, left = width, bottom = 0, right = 0;
        for (int pixel = 0; pixel < truth.Length; pixel++)
        {
            if (truth[pixel] > 0)
            {
                (int row, int column) = Math.DivRem(pixel, width);
                (top, left) = (Math.Min(top, row), Math.Min(left, column));
                (bottom, right) = (Math.Max(bottom, row + 1), Math.Max(right, column + 1));
            }
        }

        if (bottom == 0)
        {
            (top, left, bottom, right) = (0, 0, height, width);
        }

        box[0] = Math.Max(0, top - Frame(0, height));
        box[1] = Math.Max(0, left - Frame(1, width));
        box[2] = Math.Min(height, bottom + Frame(2, height));
        box[3] = Math.Min(width, right + Frame(3, width));

        int Frame(int edge, int side) => Crops.Frame(drawn[edge] * margin, side);
    }
}
