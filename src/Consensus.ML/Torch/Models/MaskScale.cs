namespace Consensus.ML.Torch.Models;

/// <summary>The size of the training masks divided by the size of the slices.</summary>
/// <param name="Rows">Along rows.</param>
/// <param name="Columns">Along columns.</param>
internal sealed record MaskScale(double Rows, double Columns)
{
    /// <summary>The scale that all cases share; null if the cases have different scales.</summary>
    /// <param name="masks">The size of each case's masks.</param>
    /// <param name="height">Rows of a slice.</param>
    /// <param name="width">Columns of a slice.</param>
    public static MaskScale? Common(IReadOnlyCollection<(int Height, int Width)> masks, int height, int width)
    {
        MaskScale[] scales = [.. masks.Select(mask => new MaskScale((double)mask.Height / height, (double)mask.Width / width)).Distinct()];
        return scales.Length == 1 ? scales[0] : null;
    }
}
