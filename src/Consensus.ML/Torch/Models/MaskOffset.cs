using Consensus.Imaging.Geometry;

namespace Consensus.ML.Torch.Models;

/// <summary>
/// The mean offset between training masks and their images, in pixels of a slice. Nearest-pixel reduction takes the middle of a pixel of
/// the larger mask, and this is not the middle of the slice's pixel. The offset is −¼ for masks of twice the slice's size, goes towards −½
/// for larger masks, and is 0 for masks of the slice's size. Where sides are no multiples of each other, it can be a little below −½.
/// </summary>
/// <param name="Rows">Along rows, from −1 to 1.</param>
/// <param name="Columns">Along columns, from −1 to 1.</param>
internal sealed record MaskOffset(double Rows, double Columns)
{
    /// <summary>The offset of masks of the slices' size.</summary>
    public static MaskOffset None { get; } = new(0, 0);

    /// <summary>The mean offset over cases.</summary>
    /// <param name="masks">The size of each case's masks, at least one.</param>
    /// <param name="height">Rows of a slice.</param>
    /// <param name="width">Columns of a slice.</param>
    public static MaskOffset Mean(IReadOnlyCollection<(int Height, int Width)> masks, int height, int width) =>
        new(
            masks.Average(mask => ResamplingWeights.NearestOffset(mask.Height, height)),
            masks.Average(mask => ResamplingWeights.NearestOffset(mask.Width, width)));
}
