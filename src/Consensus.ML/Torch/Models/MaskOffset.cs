using Consensus.Imaging.Geometry;

namespace Consensus.ML.Torch.Models;

/// <summary>
/// How far, in pixels of a slice, the masks of training lie off their images on average. Reduction by the nearest pixel takes the middle of
/// one of the larger mask's pixels, which is not the middle of the slice's pixel: −¼ for masks of twice the slice's size, towards −½ for
/// larger ones, 0 for masks of its own size.
/// </summary>
/// <param name="Rows">Along rows, from −½ to ½.</param>
/// <param name="Columns">Along columns, from −½ to ½.</param>
internal sealed record MaskOffset(double Rows, double Columns)
{
    /// <summary>Masks of the slices' own size.</summary>
    public static MaskOffset None { get; } = new(0, 0);

    /// <summary>The mean over cases.</summary>
    /// <param name="masks">The size of each case's masks, at least one.</param>
    /// <param name="height">Rows of a slice.</param>
    /// <param name="width">Columns of a slice.</param>
    public static MaskOffset Mean(IReadOnlyCollection<(int Height, int Width)> masks, int height, int width) =>
        new(
            masks.Average(mask => ResamplingWeights.NearestOffset(mask.Height, height)),
            masks.Average(mask => ResamplingWeights.NearestOffset(mask.Width, width)));
}
