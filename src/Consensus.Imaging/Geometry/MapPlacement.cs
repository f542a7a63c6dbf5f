namespace Consensus.Imaging.Geometry;

/// <summary>
/// Where the maps of a model lie on its slices. Training reduces masks to the model's size, and the reduced masks lie a little off the
/// slices. The model learns this offset. Later, its maps have the same offset, in pixels of the model, for images of any size. A mask of
/// such an image, reduced in the same way, could have another offset.
/// </summary>
/// <param name="Rows">The placement along rows.</param>
/// <param name="Columns">The placement along columns.</param>
internal sealed record MapPlacement(AxisPlacement Rows, AxisPlacement Columns);

/// <summary>The placement of a model's maps along one axis (<see cref="MapPlacement"/>).</summary>
/// <param name="Offset">The distance of a map from its slice, in pixels of the model, from −½ to ½.</param>
/// <param name="Scale">
/// The length of the training masks divided by the length of the slices. Null if the training masks had different ratios.
/// </param>
internal readonly record struct AxisPlacement(double Offset, double? Scale)
{
    // This is far too small to be seen in a map, and far larger than rounding errors.
    private const double SameOffset = 1e-6;

    /// <summary>
    /// Whether an image is reduced by the same scale as the training images. Then its map lies where a reduced mask of the image would
    /// lie.
    /// </summary>
    /// <param name="imageLength">Rows or columns of the image.</param>
    /// <param name="length">Rows or columns of the model's slices.</param>
    public bool IsAsTrained(int imageLength, int length)
    {
        double scale = (double)imageLength / length;

        // Enlarged masks with other scales can have the same offset, because their pixels repeat. So the offset alone does not identify
        // the scale.
        return Scale is { } trained
            ? trained == scale
            : scale >= 1 && Math.Abs(ResamplingWeights.NearestOffset(imageLength, length) - Offset) < SameOffset;
    }
}
