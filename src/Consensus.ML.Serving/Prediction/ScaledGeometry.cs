using Consensus.Imaging;

namespace Consensus.ML.Serving.Prediction;

/// <summary>Where a slice lies after it was resized: its pixels are larger or smaller, and its edges stay where they are.</summary>
internal static class ScaledGeometry
{
    /// <summary>The geometry of an image, with another number of rows and columns.</summary>
    public static SliceGeometry ForSize(Slice image, int height, int width)
    {
        double rows = (double)image.Height / height, columns = (double)image.Width / width;
        IReadOnlyList<double> old = image.Geometry.Affine;
        double[] affine = [.. old];
        for (int at = 0; at < 12; at += 4)
        {
            affine[at] = old[at] * rows;
            affine[at + 1] = old[at + 1] * columns;

            // The middle of the first new pixel lies (scale − 1) / 2 old pixels from the middle of the first old one.
            affine[at + 3] = old[at + 3] + (old[at] * (rows - 1) / 2) + (old[at + 1] * (columns - 1) / 2);
        }

        return image.Geometry with
        {
            SpacingRows = image.Geometry.SpacingRows * rows,
            SpacingColumns = image.Geometry.SpacingColumns * columns,
            Affine = affine,
        };
    }
}
