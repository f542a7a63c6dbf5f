using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Files;

/// <summary>
/// Finds how a stored slice must be turned to lie on the grid of another slice. A turn is a value of the Orientation tag, 1 (not turned) to
/// 8. They are the eight ways to flip and exchange rows and columns.
/// </summary>
internal static class GridTurn
{
    /// <summary>
    /// The largest accepted distance of a corner from its place, in pixels. It is too small to be seen, and much larger than the error of a
    /// header that is rounded to single precision.
    /// </summary>
    private const double Tolerance = 0.1;

    private const int Turns = 8;

    /// <summary>Finds the turn of a slice.</summary>
    /// <param name="grid">The grid that the slice should lie on.</param>
    /// <param name="slice">The grid of the slice as it is stored.</param>
    /// <param name="mismatch">The reason if the two grids differ; else null.</param>
    /// <returns>The turn, 1 to 8; 1 if the grids differ.</returns>
    public static int Find(SliceGrid grid, SliceGrid slice, out GridMismatch? mismatch)
    {
        if (!grid.Geometry.HasPosition || !slice.Geometry.HasPosition)
        {
            mismatch = ComparePixels(grid, slice);
            return Orientation.Upright;
        }

        int best = 0;
        double nearest = double.PositiveInfinity;
        for (int turn = Orientation.Upright; turn <= Turns; turn++)
        {
            Orientation orientation = Orientation.FromTag(turn, slice.Height, slice.Width);
            if (orientation.Height == grid.Height
                && orientation.Width == grid.Width
                && Distance(grid, slice, orientation) is var distance
                && distance < nearest)
            {
                (best, nearest) = (turn, distance);
            }
        }

        if (nearest <= Tolerance * Math.Min(grid.Geometry.SpacingRows, grid.Geometry.SpacingColumns))
        {
            mismatch = null;
            if (best != Orientation.Upright)
            {
                grid.Notes?.Turned(slice.Name, grid.Name, Describe(best));
            }

            return best;
        }

        // The turns from 5 on exchange rows and columns.
        mismatch = best == 0 ? GridDifference.Size(grid, slice)
            : SpacingDiffers(grid, slice, exchanged: best > 4) ? GridDifference.SpacingWithAffines(grid, slice)
            : GridDifference.Corner(grid, slice, nearest);
        return Orientation.Upright;
    }

    /// <summary>Compares sizes and spacings, if one of the two slices has no position.</summary>
    private static GridMismatch? ComparePixels(SliceGrid grid, SliceGrid slice)
    {
        if (slice.Height != grid.Height || slice.Width != grid.Width)
        {
            return slice.Height == grid.Width && slice.Width == grid.Height
                ? GridDifference.TransposedSize(grid, slice)
                : GridDifference.Size(grid, slice);
        }

        if (grid.Geometry.HasSpacing && slice.Geometry.HasSpacing && SpacingDiffers(grid, slice, exchanged: false))
        {
            return GridDifference.Spacing(grid, slice);
        }

        if (grid.Geometry.HasPosition != slice.Geometry.HasPosition)
        {
            grid.Notes?.Assumed(slice.Name, grid.Name, slice.Geometry.HasPosition ? grid.Name : slice.Name);
        }

        return null;
    }

    /// <summary>
    /// The largest distance, over the four corners, between a pixel of the slice and the pixel of the grid to which the turn moves it, in
    /// millimetres.
    /// </summary>
    private static double Distance(SliceGrid grid, SliceGrid slice, Orientation orientation)
    {
        int bottom = slice.Height - 1, right = slice.Width - 1;
        double largest = 0;
        foreach ((int row, int column) in ((int, int)[])[(0, 0), (bottom, 0), (0, right), (bottom, right)])
        {
            int target = orientation.First + (row * orientation.RowStep) + (column * orientation.ColumnStep);
            (double x, double y, double z) = slice.Geometry.At(row, column);
            (double ownX, double ownY, double ownZ) = grid.Geometry.At(target / grid.Width, target % grid.Width);
            largest = Math.Max(largest, Math.Sqrt(((x - ownX) * (x - ownX)) + ((y - ownY) * (y - ownY)) + ((z - ownZ) * (z - ownZ))));
        }

        return largest;
    }

    private static bool SpacingDiffers(SliceGrid grid, SliceGrid slice, bool exchanged)
    {
        (double rows, double columns) = exchanged
            ? (slice.Geometry.SpacingColumns, slice.Geometry.SpacingRows)
            : (slice.Geometry.SpacingRows, slice.Geometry.SpacingColumns);

        // A small difference of the spacing matters if it adds up to more than the tolerance at the far edge.
        return Math.Abs(rows - grid.Geometry.SpacingRows) * grid.Height > Tolerance * grid.Geometry.SpacingRows
            || Math.Abs(columns - grid.Geometry.SpacingColumns) * grid.Width > Tolerance * grid.Geometry.SpacingColumns;
    }

    /// <summary>Says in words how a slice with this turn is stored.</summary>
    private static string Describe(int turn) => turn switch
    {
        2 => "with its columns flipped",
        3 => "with its rows and columns flipped",
        4 => "with its rows flipped",
        5 => "with its axes exchanged",
        _ => "with its axes exchanged and flipped",
    };
}
