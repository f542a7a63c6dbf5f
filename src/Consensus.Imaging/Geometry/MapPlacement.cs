namespace Consensus.Imaging.Geometry;

/// <summary>
/// Where the maps of a model lie on its slices. A model learns to draw them where its reduced masks lay, which is off the slice by an
/// offset of its own: whatever the size of an image is later, its map is off by as many pixels of the model, not by as many as a mask
/// of that size would be.
/// </summary>
/// <param name="Rows">Along rows.</param>
/// <param name="Columns">Along columns.</param>
internal sealed record MapPlacement(AxisPlacement Rows, AxisPlacement Columns);

/// <summary><see cref="MapPlacement"/> along one axis.</summary>
/// <param name="Offset">How far a map lies off its slice, in pixels of the model, from −½ to ½.</param>
/// <param name="Scale">Length of training's masks by that of the slices, where all had one in common; else null.</param>
internal readonly record struct AxisPlacement(double Offset, double? Scale)
{
    // Far below what shows in a map, far above rounding.
    private const double SameOffset = 1e-6;

    /// <summary>Whether an image is reduced as those of training were, so that its map lies as a reduced mask of it would.</summary>
    /// <param name="imageLength">Rows or columns of the image.</param>
    /// <param name="length">Rows or columns of the model's slices.</param>
    public bool IsAsTrained(int imageLength, int length)
    {
        double scale = (double)imageLength / length;

        // Enlarged masks of other scales can have the same offset, since their pixels repeat: there the offset does not identify the scale.
        return Scale is { } trained
            ? trained == scale
            : scale >= 1 && Math.Abs(ResamplingWeights.NearestOffset(imageLength, length) - Offset) < SameOffset;
    }
}
