using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Files;

/// <summary>
/// Reads one image slice from a file of any format that the library knows: NIfTI-1 and NIfTI-2, PNG, JPEG, TIFF, BMP and GIF.
/// </summary>
/// <remarks>
/// Pictures become three channels, red, green and blue, where the file stores colours (also where all of them happen to be grey), and one
/// channel where it stores greys or a palette of greys. Values are as stored, 0 to 255 for 8 bits, 0 to 65535 for 16; fewer than 8 bits
/// are spread over 0 to 255. Colour profiles, gamma and resolution change nothing; the geometry is <see cref="SliceGeometry.None"/>. The
/// picture is turned as its Orientation (EXIF of JPEG, tag of TIFF) says, as viewers show it. Transparency that is opaque throughout is
/// dropped, other is refused; so are animations and TIFF files of several pages.
/// </remarks>
public static class SliceReader
{
    /// <summary>Reads a slice, choosing the format by the file's content.</summary>
    /// <param name="path">
    /// A picture, a .nii or .nii.gz file, or either half of an .hdr/.img pair; of a volume, with the slice behind it
    /// (<see cref="SliceAddress"/>).
    /// </param>
    /// <returns>Channels × height × width values in the file's own units.</returns>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is of another format, damaged, or no slice; the message names it and says what is allowed.
    /// </exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static Slice Read(string path) => Read(path, 0, 1, null);

    /// <summary>Reads a slice whose channels lie in several files.</summary>
    /// <remarks>
    /// The channels must lie on one grid. Those that are stored in another orientation than the first, as their affines say, are turned
    /// into its frame; files that do not say where they lie are taken to lie as the first does.
    /// </remarks>
    /// <param name="paths">The files in the order of the channels, at least one; each as in <see cref="Read(string)"/>.</param>
    /// <returns>The channels of all files, one after another; geometry and source are those of the first.</returns>
    /// <exception cref="ArgumentException">There are no paths.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is of another format, damaged, no slice, or lies on another grid than the first (size, spacing, place); the message names it.
    /// </exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static Slice Read(IReadOnlyList<string> paths) => Read(paths, null, null);

    /// <summary><see cref="Read(IReadOnlyList{string})"/>, keeping the volumes that slices come from for the next ones.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="volumes">Keeps volumes open; null to open them anew.</param>
    /// <param name="notes">Receives what is turned or assumed; may be null.</param>
    internal static Slice Read(IReadOnlyList<string> paths, OpenVolumes? volumes, GridNotes? notes)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count == 0)
        {
            throw new ArgumentException("At least one image file is needed, but none was given.", nameof(paths));
        }

        Slice first = Read(paths[0], 0, paths.Count, volumes);
        if (paths.Count == 1)
        {
            return first;
        }

        SliceGrid grid = SliceGrid.FromSlice(first, notes);
        var channels = new List<Slice>(paths.Count) { first };
        for (int place = 1; place < paths.Count; place++)
        {
            channels.Add(ReadOnto(grid, paths[place], place, paths.Count, volumes));
        }

        return new Slice(
            channels.Sum(slice => slice.Channels), first.Height, first.Width, [.. channels.SelectMany(slice => slice.Pixels)],
            first.Geometry, first.Source)
        {
            Axis = first.Axis,
        };
    }

    /// <summary>Reads the slice at a place in a list of paths, turned onto the grid of the case.</summary>
    /// <param name="grid">The grid; null to read the slice as it is stored.</param>
    /// <param name="path">The file.</param>
    /// <param name="place">Which path of the list it is.</param>
    /// <param name="places">How many paths the list has.</param>
    /// <param name="volumes">Keeps volumes open; null to open them anew.</param>
    /// <exception cref="InvalidDataException">As of <see cref="Read(string)"/>, or the file lies on another grid.</exception>
    internal static Slice ReadOnto(SliceGrid? grid, string path, int place, int places, OpenVolumes? volumes) =>
        ReadOnto(grid, path, place, places, volumes, out GridMismatch? mismatch) ?? throw mismatch!.Exception();

    /// <summary>
    /// The same, for callers that treat a file on another grid differently from one that cannot be read: it returns null and says why.
    /// </summary>
    internal static Slice? ReadOnto(SliceGrid? grid, string path, int place, int places, OpenVolumes? volumes, out GridMismatch? mismatch)
    {
        mismatch = null;
        if (grid is null)
        {
            return Read(path, place, places, volumes);
        }

        return grid.Locate(path, file => volumes?.Header(file, place) ?? NiftiFile.ReadHeader(file), out mismatch) is { } found
            ? grid.Align(Read(found, place, places, volumes), found, out mismatch)
            : null;
    }

    /// <summary>Reads the slice at a place in a list of paths.</summary>
    internal static Slice Read(string path, int place, int places, OpenVolumes? volumes)
    {
        SliceAddress address = SliceAddress.Parse(path);
        ImageFormat format = ImageFormatDetector.Detect(address.Path);
        return (format, address) switch
        {
            (ImageFormat.Nifti, { Axis: int axis, Index: int index }) =>
                volumes?.Read(address, place, places) ?? NiftiFile.ReadSlice(address.Path, axis, index),
            (ImageFormat.Nifti, _) => NiftiFile.ReadSlice(path),
            _ => RasterFile.Read(address, format),
        };
    }

    /// <summary>Reads how large a slice is from the file's header alone.</summary>
    /// <param name="path">As in <see cref="Read(string)"/>.</param>
    /// <returns>Number of channels, rows and columns.</returns>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is of another format, damaged, or no slice; the message names it and says what is allowed.
    /// </exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static (int Channels, int Height, int Width) ReadSize(string path)
    {
        SliceAddress address = SliceAddress.Parse(path);
        ImageFormat format = ImageFormatDetector.Detect(address.Path);
        return (format, address) switch
        {
            (ImageFormat.Nifti, { Axis: int axis, Index: int index }) => NiftiSliceShape.Read(address.Path, axis, index),
            (ImageFormat.Nifti, _) => NiftiSliceShape.Read(NiftiFile.ReadHeader(path)),
            _ => RasterFile.ReadSize(address, format),
        };
    }

    /// <summary>
    /// Reads the orientation tag of a picture, 1 (upright) to 8, as EXIF defines it. <see cref="Read(string)"/> turns the picture so.
    /// NIfTI files have no such tag and are upright.
    /// </summary>
    internal static int ReadOrientation(string path)
    {
        SliceAddress address = SliceAddress.Parse(path);
        ImageFormat format = ImageFormatDetector.Detect(address.Path);
        return format == ImageFormat.Nifti ? Orientation.Upright : RasterFile.ReadOrientation(address, format);
    }

    /// <summary>Reads the format of a file from its first bytes. The name of the file does not matter.</summary>
    /// <param name="path">As in <see cref="Read(string)"/>.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is empty, or its format is not read; the message says which format it is, where that is known.
    /// </exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static ImageFormat ReadFormat(string path) => ImageFormatDetector.Detect(SliceAddress.Parse(path).Path);

    /// <summary>Lists all slices of a volume whose channels lie in several files, from their headers alone.</summary>
    /// <param name="paths">
    /// The channels' files, at least one, which must lie on one grid; stored in any orientation, as their affines say.
    /// </param>
    /// <param name="axis">
    /// The axis of the first file that is cut: 0, 1 or 2 of the stored array; null for the one of length 1, and of a volume for the third.
    /// </param>
    /// <returns>
    /// For each slice in order the addresses of its channels, for columns of paths; those of all files by the first one's axis and number.
    /// </returns>
    /// <exception cref="ArgumentException">There are no paths.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// As in <see cref="NiftiFile.ReadSlice(string, int, int)"/>, or the files lie on different grids.
    /// </exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> ListSlices(IReadOnlyList<string> paths, int? axis = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count == 0)
        {
            throw new ArgumentException("At least one image file is needed, but none was given.", nameof(paths));
        }

        NiftiHeader first = NiftiFile.ReadHeader(paths[0]);
        int along = NiftiCut.ChooseAxis(first, axis);
        foreach (string path in paths.Skip(1))
        {
            SliceGrid.CheckVolumes(first, along, NiftiFile.ReadHeader(path));
        }

        return
        [
            .. Enumerable.Range(0, NiftiCut.Along(first, along).Count)
                .Select(index => paths.Select(path => new SliceAddress(path, along, index).ToString()).ToArray()),
        ];
    }
}
