using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Files;

/// <summary>
/// The grid of pixels of one slice. Two files of a case, such as an image and a mask, or two channels, must lie on the same grid. If a file
/// stores the same grid with flipped or exchanged axes, it is turned into the frame of this grid. Another grid is an error. Files that do
/// not store a position, such as pictures, are assumed to lie on this grid, pixel by pixel.
/// </summary>
internal sealed class SliceGrid
{
    private SliceGrid(string name, int height, int width, SliceGeometry geometry, SliceAddress? address, GridNotes? notes)
    {
        (Name, Height, Width, Geometry, Address, Notes) = (name, height, width, geometry, address, notes);
    }

    /// <summary>The file, for messages.</summary>
    public string Name { get; }

    public int Height { get; }

    public int Width { get; }

    public SliceGeometry Geometry { get; }

    /// <summary>The address of the slice in its volume. Null if its file holds one slice, or if it was made in memory.</summary>
    public SliceAddress? Address { get; }

    /// <summary>Collects which files were turned and which positions were assumed; may be null.</summary>
    public GridNotes? Notes { get; }

    /// <summary>The grid of a slice that has been read.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="notes">Collects which files were turned and which positions were assumed; may be null.</param>
    public static SliceGrid FromSlice(Slice slice, GridNotes? notes = null) => new(
        slice.Source ?? "the image in memory", slice.Height, slice.Width, slice.Geometry,
        slice.Source is null ? null : SliceAddress.Parse(slice.Source), notes);

    /// <summary>The grid of one slice of a volume.</summary>
    /// <param name="cut">The cut volume.</param>
    /// <param name="index">The number of the slice, from 0.</param>
    /// <param name="notes">Collects which files were turned and which positions were assumed; may be null.</param>
    public static SliceGrid FromCut(NiftiCut cut, int index, GridNotes? notes = null)
    {
        var address = new SliceAddress(cut.Header.Path, cut.Axis, index);
        return new(address.ToString(), cut.Height, cut.Width, cut.Geometry(index), address, notes);
    }

    /// <summary>Reads the grid of a slice from the header of its file.</summary>
    /// <param name="path">As in <see cref="SliceReader.Read(string)"/>.</param>
    /// <param name="notes">Collects which files were turned and which positions were assumed; may be null.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">It is not a slice.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SliceGrid Read(string path, GridNotes? notes = null)
    {
        SliceAddress address = SliceAddress.Parse(path);
        ImageFormat format = ImageFormatDetector.Detect(address.Path);
        if (format != ImageFormat.Nifti)
        {
            (_, int rows, int columns) = RasterFile.ReadSize(address, format);
            return new(path, rows, columns, SliceGeometry.None, address, notes);
        }

        NiftiHeader header = NiftiFile.ReadHeader(address.Path);
        if (address is { Axis: int axis, Index: int index })
        {
            NiftiCut cut = NiftiCut.Along(header, axis);
            cut.CheckIndex(index);
            return FromCut(cut, index, notes);
        }

        (_, int height, int width) = NiftiSliceShape.Read(header);
        SliceGeometry geometry = header.SliceAxis is { } along and not 2
            ? NiftiCut.Along(header, along).Geometry(0)
            : header.Geometry(0, 1, 2, 0);
        return new(path, height, width, geometry, address, notes);
    }

    /// <summary>Turns a slice into this grid's frame.</summary>
    /// <param name="slice">The slice as it is stored.</param>
    /// <param name="name">Its file, for messages.</param>
    /// <param name="mismatch">The reason if the slice lies on another grid; else null.</param>
    /// <returns>
    /// The slice itself if it need not be turned, else a turned copy with this grid's geometry. Null if it lies on another grid.
    /// </returns>
    public Slice? Align(Slice slice, string name, out GridMismatch? mismatch)
    {
        int turn = GridTurn.Find(this, new(name, slice.Height, slice.Width, slice.Geometry, null, null), out mismatch);
        if (mismatch is not null)
        {
            return null;
        }

        if (turn == Orientation.Upright)
        {
            return slice;
        }

        int size = slice.Height * slice.Width;
        Orientation orientation = Orientation.FromTag(turn, slice.Height, slice.Width);
        var pixels = new float[slice.Pixels.Length];
        for (int channel = 0; channel < slice.Channels; channel++)
        {
            Span<float> plane = pixels.AsSpan(channel * size, size);
            for (int row = 0; row < slice.Height; row++)
            {
                orientation.Place(slice.Pixels.AsSpan((channel * size) + (row * slice.Width), slice.Width), 1, row, 0, slice.Width, plane);
            }
        }

        return new Slice(slice.Channels, Height, Width, pixels, Geometry, slice.Source);
    }

    /// <summary>Makes sure that a file lies on this grid, in any orientation. Only its header is read.</summary>
    /// <param name="path">The file. A slice of a volume may be given by this grid's own axis and number.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It lies on another grid. The message names both files, both affines and the difference.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public void Check(string path)
    {
        SliceGrid other = Read(SliceLocator.Locate(this, path, NiftiFile.ReadHeader, out GridMismatch? apart) ?? throw apart!.Exception());
        GridTurn.Find(this, other, out GridMismatch? mismatch);
        if (mismatch is not null)
        {
            throw mismatch.Exception();
        }
    }
}
