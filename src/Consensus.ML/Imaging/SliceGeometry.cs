namespace Consensus.ML.Imaging;

/// <summary>Where a slice lies in space: what a file must carry so that a prediction lines up with its image.</summary>
/// <param name="SpacingRows">Distance between two rows, in millimetres (1 where the file does not say).</param>
/// <param name="SpacingColumns">Distance between two columns, in millimetres (1 where the file does not say).</param>
/// <param name="Affine">
/// The 4×4 matrix from (row, column, slice, 1) to world coordinates in millimetres, row-major, 16 values; the identity where the file does not say.
/// </param>
public sealed record SliceGeometry(double SpacingRows, double SpacingColumns, IReadOnlyList<double> Affine)
{
    /// <summary>Unit spacing and the identity matrix: for images without a geometry, such as PNG files.</summary>
    public static SliceGeometry None { get; } = new(1, 1, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);

    /// <summary>Whether it says no more than <see cref="None"/>, as of files that do not know where they lie.</summary>
    internal bool SaysNothing() => SpacingRows == None.SpacingRows && SpacingColumns == None.SpacingColumns && Affine.SequenceEqual(None.Affine);
}
