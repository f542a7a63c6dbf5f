using System.Globalization;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Files;

/// <summary>
/// The grid that the pixels of one slice lie on. It is the one place that knows whether two files of a case lie on the same grid: a mask
/// and its image, or two channels. The same grid stored with flipped or exchanged axes is turned into this one's frame; another grid is
/// an error. Files without a position, such as pictures, are assumed to lie on this grid, pixel by pixel.
/// </summary>
internal sealed class SliceGrid
{
    /// <summary>
    /// How far a corner may be off, in pixels: far below what can be seen, and far above what is lost when a header is
    /// rounded to single precision.
    /// </summary>
    public const double Tolerance = 0.1;

    // As the Orientation tag counts them: the eight ways to store a picture.
    private const int Upright = 1;
    private const int Turns = 8;

    private readonly GridNotes? _notes;

    private SliceGrid(string name, int height, int width, SliceGeometry geometry, SliceAddress? address, GridNotes? notes)
    {
        (Name, Height, Width, Geometry, Address, _notes) = (name, height, width, geometry, address, notes);
    }

    /// <summary>The file, for messages.</summary>
    public string Name { get; }

    public int Height { get; }

    public int Width { get; }

    public SliceGeometry Geometry { get; }

    /// <summary>Where the slice is in its volume; null where its file holds one slice, or it came from memory.</summary>
    private SliceAddress? Address { get; }

    /// <summary>The grid of a slice that has been read.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="notes">Receives what is turned or assumed; may be null.</param>
    public static SliceGrid FromSlice(Slice slice, GridNotes? notes = null) => new(
        slice.Source ?? "the image in memory", slice.Height, slice.Width, slice.Geometry,
        slice.Source is null ? null : SliceAddress.Parse(slice.Source), notes);

    /// <summary>The grid of one slice of a volume.</summary>
    /// <param name="cut">The volume, as it is cut.</param>
    /// <param name="index">Which slice, from 0.</param>
    /// <param name="notes">Receives what is turned or assumed; may be null.</param>
    public static SliceGrid FromCut(NiftiCut cut, int index, GridNotes? notes = null)
    {
        var address = new SliceAddress(cut.Header.Path, cut.Axis, index);
        return new(address.ToString(), cut.Height, cut.Width, cut.Geometry(index), address, notes);
    }

    /// <summary>The grid of a slice, from its file's header alone.</summary>
    /// <param name="path">As in <see cref="SliceReader.Read(string)"/>.</param>
    /// <param name="notes">Receives what is turned or assumed; may be null.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">It is no slice.</exception>
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
    /// <param name="mismatch">Why the slice lies on another grid; null where it does not.</param>
    /// <returns>
    /// The slice itself where nothing is to be turned, else a turned copy with this grid's geometry; null where it lies on another grid.
    /// </returns>
    public Slice? Align(Slice slice, string name, out GridMismatch? mismatch)
    {
        int turn = FindTurn(name, slice.Height, slice.Width, slice.Geometry, out mismatch);
        if (mismatch is not null)
        {
            return null;
        }

        if (turn == Upright)
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

    /// <summary>Makes sure, from its header alone, that a file lies on this grid, however it is stored.</summary>
    /// <param name="path">The file; a slice of a volume may be given by this grid's own axis and number.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It lies on another grid; the message names both files, both affines and the difference.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public void Check(string path)
    {
        SliceGrid other = Read(Locate(path, NiftiFile.ReadHeader, out GridMismatch? apart) ?? throw apart!.Exception());
        FindTurn(other.Name, other.Height, other.Width, other.Geometry, out GridMismatch? mismatch);
        if (mismatch is not null)
        {
            throw mismatch.Exception();
        }
    }

    /// <summary>
    /// The path of what lies on this grid: of a slice of a volume as
    /// <see cref="Locate(SliceAddress, NiftiHeader, out GridMismatch?)"/>, else as given.
    /// </summary>
    /// <param name="path">The file, or a slice of one.</param>
    /// <param name="headerOf">Gives the header of a volume's file.</param>
    /// <param name="mismatch">Why there is none; null where there is.</param>
    public string? Locate(string path, Func<string, NiftiHeader> headerOf, out GridMismatch? mismatch)
    {
        mismatch = null;
        SliceAddress address = SliceAddress.Parse(path);
        return address.Index is not null && ImageFormatDetector.Detect(address.Path) == ImageFormat.Nifti
            ? Locate(address, headerOf(address.Path), out mismatch)?.ToString()
            : path;
    }

    /// <summary>
    /// Which slice of a volume lies on this grid. Volumes may be stored in different orientations, so that the slice that belongs to this
    /// one has another number, or lies across another axis, than the address says that was made for this grid's own volume.
    /// </summary>
    /// <param name="address">
    /// The slice as it was asked for: by this grid's own axis and number, or by its place in the other volume.
    /// </param>
    /// <param name="header">The header of the volume.</param>
    /// <param name="mismatch">
    /// Why there is none: the volume has no slice here, or the address is that of another slice. Null where there is one.
    /// </param>
    /// <returns>The slice's own address; null where there is none.</returns>
    public SliceAddress? Locate(SliceAddress address, NiftiHeader header, out GridMismatch? mismatch)
    {
        mismatch = null;
        if (!Geometry.HasPosition || !header.HasPosition)
        {
            return address;
        }

        (int axis, double place) = PlaceIn(header);
        int index = (int)Math.Clamp(Math.Round(place), int.MinValue, int.MaxValue);
        long count = axis < header.Shape.Count ? header.Shape[axis] : 1;
        if (index < 0 || index >= count)
        {
            string where = string.Create(
                CultureInfo.InvariantCulture, $"that lies at slice {place:0.##} along axis {axis}, but there are slices 0 to {count - 1}");
            mismatch = PositionMismatch(
                $"'{address}' does not reach to its image '{Name}': {where}. {AffinesText(address.Path, header.Geometry(0, 1, 2, 0))}");
            return null;
        }

        bool isMeant = (address.Axis, address.Index) == (axis, index) || (Address?.Axis, Address?.Index) == (address.Axis, address.Index);
        if (isMeant)
        {
            return new SliceAddress(address.Path, axis, index);
        }

        mismatch = new(
            $"'{address}' is another slice than its image '{Name}': in space that is slice {index} along axis {axis} of '{address.Path}'.",
            IsSize: false);
        return null;
    }

    /// <summary>Makes sure that two volumes have as many slices, cut as the first is along an axis.</summary>
    /// <param name="reference">The image's header.</param>
    /// <param name="axis">The axis that the image is cut along.</param>
    /// <param name="other">The header of a mask or another channel.</param>
    /// <exception cref="InvalidDataException">They have not, or lie elsewhere; the message names both files.</exception>
    public static void CheckVolumes(NiftiHeader reference, int axis, NiftiHeader other)
    {
        NiftiCut cut = NiftiCut.Along(reference, axis);
        int along = axis;
        if (reference.HasPosition && other.HasPosition)
        {
            foreach (int index in (int[])[0, cut.Count - 1])
            {
                SliceGrid grid = FromCut(cut, index);
                SliceAddress found = grid.Locate(new SliceAddress(other.Path, axis, index), other, out GridMismatch? mismatch)
                    ?? throw mismatch!.Exception();
                along = found.Axis!.Value;
                grid.Check(found.ToString());
            }
        }

        int count = NiftiCut.Along(other, along).Count;
        if (count != cut.Count)
        {
            string which = along == axis ? "" : $" along axis {axis}";
            throw new InvalidDataException(
                $"'{other.Path}' has {count} slices along axis {along}, but '{reference.Path}' has "
                + $"{cut.Count}{which}: both must be of one size.");
        }
    }

    /// <summary>The axis of a volume that runs across this grid, and where along it this grid lies, in slices.</summary>
    private (int Axis, double Place) PlaceIn(NiftiHeader header)
    {
        // The cross product of the two directions is as long as a pixel is large; only its direction counts.
        (double x, double y, double z) = Normal();
        SliceGeometry volume = header.Geometry(0, 1, 2, 0);
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

        (double px, double py, double pz) = Geometry.At((Height - 1) / 2.0, (Width - 1) / 2.0);
        (double ox, double oy, double oz) = volume.At(0, 0);
        return (across, (((px - ox) * x) + ((py - oy) * y) + ((pz - oz) * z)) / step);
    }

    private (double X, double Y, double Z) Normal()
    {
        IReadOnlyList<double> m = Geometry.Affine;
        return ((m[4] * m[9]) - (m[8] * m[5]), (m[8] * m[1]) - (m[0] * m[9]), (m[0] * m[5]) - (m[4] * m[1]));
    }

    /// <summary>How a slice of these pixels is to be turned; 1 for not at all.</summary>
    private int FindTurn(string name, int height, int width, SliceGeometry geometry, out GridMismatch? mismatch)
    {
        if (!Geometry.HasPosition || !geometry.HasPosition)
        {
            mismatch = ComparePixels(name, height, width, geometry);
            return Upright;
        }

        mismatch = null;

        int best = 0;
        double nearest = double.PositiveInfinity;
        for (int turn = Upright; turn <= Turns; turn++)
        {
            Orientation orientation = Orientation.FromTag(turn, height, width);
            if (orientation.Height == Height
                && orientation.Width == Width
                && Distance(orientation, height, width, geometry) is var distance
                && distance < nearest)
            {
                (best, nearest) = (turn, distance);
            }
        }

        if (nearest <= Tolerance * Math.Min(Geometry.SpacingRows, Geometry.SpacingColumns))
        {
            if (best != Upright)
            {
                _notes?.Turned(name, Name, DescribeTurn(best));
            }

            return best;
        }

        mismatch = best == 0
            ? new(SizesText(name, height, width), IsSize: true)
            : PositionMismatch(
                $"'{name}' does not lie on the grid of '{Name}': {Difference(best, geometry, nearest)}. {AffinesText(name, geometry)}");
        return Upright;
    }

    /// <summary>Compares sizes and spacings where one of the two has no position.</summary>
    private GridMismatch? ComparePixels(string name, int height, int width, SliceGeometry geometry)
    {
        if (height != Height || width != Width)
        {
            string hint = height == Width && width == Height
                ? " With rows and columns exchanged they would fit: of NIfTI, rows are the first stored axis, of pictures "
                    + "they run down. Transpose one of them."
                : "";
            return new($"{SizesText(name, height, width)}{hint}", IsSize: true);
        }

        if (Geometry.HasSpacing && geometry.HasSpacing && SpacingDiffers(geometry, exchanged: false))
        {
            return PositionMismatch($"'{name}' does not lie on the grid of '{Name}': {SpacingText(geometry)}.");
        }

        if (Geometry.HasPosition != geometry.HasPosition)
        {
            _notes?.Assumed(name, Name, geometry.HasPosition ? Name : name);
        }

        return null;
    }

    /// <summary>
    /// The largest distance over the four corners, in millimetres, between a pixel and the pixel of this grid that it would become.
    /// </summary>
    private double Distance(Orientation orientation, int height, int width, SliceGeometry geometry)
    {
        double largest = 0;
        foreach ((int row, int column) in ((int, int)[])[(0, 0), (height - 1, 0), (0, width - 1), (height - 1, width - 1)])
        {
            int target = orientation.First + (row * orientation.RowStep) + (column * orientation.ColumnStep);
            (double x, double y, double z) = geometry.At(row, column);
            (double ownX, double ownY, double ownZ) = Geometry.At(target / Width, target % Width);
            largest = Math.Max(largest, Math.Sqrt(((x - ownX) * (x - ownX)) + ((y - ownY) * (y - ownY)) + ((z - ownZ) * (z - ownZ))));
        }

        return largest;
    }

    private string Difference(int turn, SliceGeometry geometry, double distance) => SpacingDiffers(geometry, exchanged: turn > 4)
        ? SpacingText(geometry)
        : string.Create(CultureInfo.InvariantCulture, $"a corner is {distance:0.####} mm away from where it should be");

    private bool SpacingDiffers(SliceGeometry geometry, bool exchanged)
    {
        (double rows, double columns) = exchanged
            ? (geometry.SpacingColumns, geometry.SpacingRows)
            : (geometry.SpacingRows, geometry.SpacingColumns);

        // The spacing differs where it moves the far edge out of its pixel.
        return Math.Abs(rows - Geometry.SpacingRows) * Height > Tolerance * Geometry.SpacingRows
            || Math.Abs(columns - Geometry.SpacingColumns) * Width > Tolerance * Geometry.SpacingColumns;
    }

    private string SpacingText(SliceGeometry geometry) => string.Create(
        CultureInfo.InvariantCulture,
        $"it has a spacing of {geometry.SpacingRows:0.####}×{geometry.SpacingColumns:0.####} mm, the other "
        + $"{Geometry.SpacingRows:0.####}×{Geometry.SpacingColumns:0.####} mm");

    private string SizesText(string name, int height, int width) =>
        $"'{name}' has {height}×{width} pixels, but '{Name}' has {Height}×{Width}: the files of one case must be of one size.";

    private static GridMismatch PositionMismatch(string message) =>
        new($"{message} Resample the file onto the other's grid, or correct its header.", IsSize: false);

    private string AffinesText(string name, SliceGeometry geometry) =>
        $"Affines: '{name}' {geometry.AffineText()}, '{Name}' {Geometry.AffineText()}.";

    /// <summary>How a slice was stored that takes this turn, in words.</summary>
    private static string DescribeTurn(int turn) => turn switch
    {
        2 => "with its columns flipped",
        3 => "with its rows and columns flipped",
        4 => "with its rows flipped",
        5 => "with its axes exchanged",
        _ => "with its axes exchanged and flipped",
    };
}
