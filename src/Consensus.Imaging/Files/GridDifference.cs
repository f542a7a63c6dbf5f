using System.Globalization;
using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Files;

/// <summary>The messages about slices that do not lie on the grid of another slice.</summary>
internal static class GridDifference
{
    /// <summary>The slices have different sizes.</summary>
    public static GridMismatch Size(SliceGrid grid, SliceGrid slice) => new(SizeText(grid, slice), IsSize: true);

    /// <summary>The slices have different sizes, but would have the same size if one of them were transposed.</summary>
    public static GridMismatch TransposedSize(SliceGrid grid, SliceGrid slice) => new(
        $"{SizeText(grid, slice)} With rows and columns exchanged they would fit: in NIfTI files, rows are the first stored axis; in "
        + "pictures, rows run down. Transpose one of them.",
        IsSize: true);

    /// <summary>The slices have different spacings, and one of them has no position.</summary>
    public static GridMismatch Spacing(SliceGrid grid, SliceGrid slice) => Position($"{Apart(grid, slice)}: {SpacingText(grid, slice)}.");

    /// <summary>The slices have different spacings, and both have a position.</summary>
    public static GridMismatch SpacingWithAffines(SliceGrid grid, SliceGrid slice) =>
        Position($"{Apart(grid, slice)}: {SpacingText(grid, slice)}. {AffinesText(grid, slice.Name, slice.Geometry)}");

    /// <summary>The slices lie at different places.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="distance">The largest distance of a corner, in millimetres.</param>
    public static GridMismatch Corner(SliceGrid grid, SliceGrid slice, double distance)
    {
        string corner = string.Create(CultureInfo.InvariantCulture, $"a corner is {distance:0.####} mm away from where it should be");
        return Position($"{Apart(grid, slice)}: {corner}. {AffinesText(grid, slice.Name, slice.Geometry)}");
    }

    /// <summary>A volume has no slice at the place of the grid.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="address">The requested slice of the volume.</param>
    /// <param name="volume">The geometry of the volume.</param>
    /// <param name="axis">The axis across the grid.</param>
    /// <param name="place">The place of the grid along this axis, in slices.</param>
    /// <param name="count">The number of slices along this axis.</param>
    public static GridMismatch Outside(SliceGrid grid, SliceAddress address, SliceGeometry volume, int axis, double place, long count)
    {
        string where = string.Create(
            CultureInfo.InvariantCulture, $"that lies at slice {place:0.##} along axis {axis}, but there are slices 0 to {count - 1}");
        return Position($"'{address}' does not reach to its image '{grid.Name}': {where}. {AffinesText(grid, address.Path, volume)}");
    }

    /// <summary>The requested slice is not the slice at the place of the grid.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="address">The requested slice.</param>
    /// <param name="right">The slice at the place of the grid.</param>
    public static GridMismatch AnotherSlice(SliceGrid grid, SliceAddress address, SliceAddress right) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"'{address}' is another slice than its image '{grid.Name}': in space that is slice {right.Index} along axis {right.Axis} of "
            + $"'{right.Path}'."),
        IsSize: false);

    private static GridMismatch Position(string message) =>
        new($"{message} Resample the file onto the other's grid, or correct its header.", IsSize: false);

    private static string Apart(SliceGrid grid, SliceGrid slice) => $"'{slice.Name}' does not lie on the grid of '{grid.Name}'";

    private static string SizeText(SliceGrid grid, SliceGrid slice) =>
        $"'{slice.Name}' has {slice.Height}×{slice.Width} pixels, but '{grid.Name}' has {grid.Height}×{grid.Width}: "
        + "the files of one case must be of one size.";

    private static string SpacingText(SliceGrid grid, SliceGrid slice) => string.Create(
        CultureInfo.InvariantCulture,
        $"it has a spacing of {slice.Geometry.SpacingRows:0.####}×{slice.Geometry.SpacingColumns:0.####} mm, the other "
        + $"{grid.Geometry.SpacingRows:0.####}×{grid.Geometry.SpacingColumns:0.####} mm");

    private static string AffinesText(SliceGrid grid, string name, SliceGeometry geometry) =>
        $"Affines: '{name}' {geometry.AffineText()}, '{grid.Name}' {grid.Geometry.AffineText()}.";
}
