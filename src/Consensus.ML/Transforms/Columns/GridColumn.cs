using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Microsoft.ML;

namespace Consensus.ML.Transforms.Columns;

/// <summary>
/// The grid of a row's image, which the row's masks are brought onto: from the image itself, or from the header of its file.
/// </summary>
internal static class GridColumn
{
    /// <summary>A getter of the grid; files are opened when it is called.</summary>
    /// <param name="row">The row.</param>
    /// <param name="image">The column of the image as a <see cref="Slice"/>; null where there is none.</param>
    /// <param name="imagePath">The column of the image's path or paths; null where there is none.</param>
    /// <param name="notes">Told what is turned or assumed.</param>
    /// <returns>
    /// Null from the getter where the row does not tell, or its file is none that this library reads: another loader read it.
    /// </returns>
    public static Func<SliceGrid?> Getter(DataViewRow row, DataViewSchema.Column? image, DataViewSchema.Column? imagePath, GridNotes notes)
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

    /// <summary>Whether a file is there and of a format that this library reads.</summary>
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
}
