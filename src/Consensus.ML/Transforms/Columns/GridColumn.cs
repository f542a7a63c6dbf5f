using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Microsoft.ML;

namespace Consensus.ML.Transforms.Columns;

/// <summary>
/// Gives the grid of a row's image, from the image itself or from the header of its file. The row's masks are brought onto this grid.
/// </summary>
internal static class GridColumn
{
    /// <summary>The column <c>Image</c> with the image as LoadSlices reads it; null where there is none.</summary>
    public static DataViewSchema.Column? FindImage(DataViewSchema schema) =>
        schema.GetColumnOrNull("Image") is { Type: SliceDataViewType } column ? column : null;

    /// <summary>
    /// A getter of the grid. The first call in a row opens the file; further calls give the same grid, however many columns of masks a row
    /// has.
    /// </summary>
    /// <param name="cursor">The cursor. Its position says which row it is.</param>
    /// <param name="image">The column of the image as a <see cref="Slice"/>; null where there is none.</param>
    /// <param name="imagePath">The column of the image's path or paths; null where there is none.</param>
    /// <param name="notes">Receives notes about images that are turned, and about assumed positions.</param>
    /// <returns>
    /// The getter. It gives null where the row has no image or path, or where this library cannot read the file (a different loader read
    /// it).
    /// </returns>
    public static Func<SliceGrid?> Getter(
        DataViewRowCursor cursor, DataViewSchema.Column? image, DataViewSchema.Column? imagePath, GridNotes notes)
    {
        Func<SliceGrid?> read = Reader(cursor, image, imagePath, notes);
        (SliceGrid? Grid, long Position) known = (null, -1);
        return () =>
        {
            known = known.Position == cursor.Position ? known : (read(), cursor.Position);
            return known.Grid;
        };
    }

    /// <summary>Whether a file exists and this library can read its format.</summary>
    internal static bool IsOurs(string path)
    {
        try
        {
            _ = SliceReader.ReadFormat(path);
            return true;
        }
        catch (Exception exception) when (exception is InvalidDataException or FileNotFoundException)
        {
            return false;
        }
    }

    private static Func<SliceGrid?> Reader(
        DataViewRow row, DataViewSchema.Column? image, DataViewSchema.Column? imagePath, GridNotes notes)
    {
        if (image is { } slices)
        {
            Func<Slice> getter = row.SliceGetter(slices);
            return () => SliceGrid.FromSlice(getter(), notes);
        }

        if (imagePath is { } paths)
        {
            Func<string[]> getter = PathsColumn.Getter(row, paths);
            return () => getter() is [{ Length: > 0 } path, ..] && IsOurs(path) ? SliceGrid.Read(path, notes) : null;
        }

        return () => null;
    }
}
