using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Files;

/// <summary>
/// Finds the slice of a volume that lies on a grid. Volumes of one case may be stored in different orientations. Then the same slice has
/// another number in the other volume, or lies across another axis.
/// </summary>
internal static class SliceLocator
{
    /// <summary>
    /// The path of the slice that lies on a grid. For a slice of a volume, see
    /// <see cref="Locate(SliceGrid, SliceAddress, NiftiHeader, out GridMismatch?)"/>; any other path stays as it is.
    /// </summary>
    /// <param name="grid">The grid.</param>
    /// <param name="path">The file, or a slice of a volume.</param>
    /// <param name="headerOf">Gives the header of a volume's file.</param>
    /// <param name="mismatch">The reason if there is no such slice; else null.</param>
    public static string? Locate(SliceGrid grid, string path, Func<string, NiftiHeader> headerOf, out GridMismatch? mismatch)
    {
        mismatch = null;
        SliceAddress address = SliceAddress.Parse(path);
        return address.Index is not null && ImageFormatDetector.Detect(address.Path) == ImageFormat.Nifti
            ? Locate(grid, address, headerOf(address.Path), out mismatch)?.ToString()
            : path;
    }

    /// <summary>Finds the slice of a volume that lies on a grid.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="address">
    /// The requested slice. Its axis and number may be those of the grid in its own volume, or those of the slice in the other volume.
    /// </param>
    /// <param name="header">The header of the volume.</param>
    /// <param name="mismatch">
    /// The reason if there is no such slice: the volume does not reach to the grid, or the address names another slice. Else null.
    /// </param>
    /// <returns>The slice's address in its own volume; null if there is none.</returns>
    public static SliceAddress? Locate(SliceGrid grid, SliceAddress address, NiftiHeader header, out GridMismatch? mismatch)
    {
        mismatch = null;
        if (!grid.Geometry.HasPosition || !header.HasPosition)
        {
            return address;
        }

        SliceGeometry volume = header.Geometry(0, 1, 2, 0);
        (int axis, double place) = FindPlace(grid, volume);
        int index = (int)Math.Clamp(Math.Round(place), int.MinValue, int.MaxValue);
        long count = axis < header.Shape.Count ? header.Shape[axis] : 1;
        if (index < 0 || index >= count)
        {
            mismatch = GridDifference.Outside(grid, address, volume, axis, place, count);
            return null;
        }

        var found = new SliceAddress(address.Path, axis, index);
        if ((address.Axis, address.Index) == (axis, index)
            || (grid.Address?.Axis, grid.Address?.Index) == (address.Axis, address.Index))
        {
            return found;
        }

        mismatch = GridDifference.AnotherSlice(grid, address, found);
        return null;
    }

    /// <summary>The axis of a volume that runs across a grid, and the place of the grid along it, in slices.</summary>
    private static (int Axis, double Place) FindPlace(SliceGrid grid, SliceGeometry volume)
    {
        (double x, double y, double z) = Normal(grid.Geometry);
        int across = 0;
        double best = -1, step = 0;
        for (int axis = 0; axis < 3; axis++)
        {
            double dx = volume.Affine[axis], dy = volume.Affine[4 + axis], dz = volume.Affine[8 + axis];
            double along = (dx * x) + (dy * y) + (dz * z), length = Math.Sqrt((dx * dx) + (dy * dy) + (dz * dz));
            if (Math.Abs(along) / length > best)
            {
                (across, best, step) = (axis, Math.Abs(along) / length, along);
            }
        }

        (double px, double py, double pz) = grid.Geometry.At((grid.Height - 1) / 2.0, (grid.Width - 1) / 2.0);
        (double ox, double oy, double oz) = volume.At(0, 0);
        return (across, (((px - ox) * x) + ((py - oy) * y) + ((pz - oz) * z)) / step);
    }

    /// <summary>
    /// The cross product of the directions of rows and columns. Its length is the area of a pixel; only its direction is used.
    /// </summary>
    private static (double X, double Y, double Z) Normal(SliceGeometry geometry)
    {
        IReadOnlyList<double> m = geometry.Affine;
        return ((m[4] * m[9]) - (m[8] * m[5]), (m[8] * m[1]) - (m[0] * m[9]), (m[0] * m[5]) - (m[4] * m[1]));
    }
}
