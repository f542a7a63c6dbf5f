using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Files;

/// <summary>Reads one image slice from a file. The formats are NIfTI-1 and NIfTI-2, PNG, JPEG, TIFF, BMP and GIF.</summary>
/// <remarks>
/// If a picture stores colours, the slice has three channels: red, green and blue. This holds even if all colours are grey. If a picture
/// stores greys or a palette of greys, the slice has one channel. Values stay as they are stored: 0 to 255 for 8 bits, 0 to 65535 for 16
/// bits. Fewer than 8 bits are spread over 0 to 255. Colour profiles, gamma and resolution are ignored. The geometry is
/// <see cref="SliceGeometry.None"/>. The picture is turned as its Orientation says (EXIF in JPEG, a tag in TIFF), so it looks as in a
/// viewer. A transparency channel is dropped if every pixel is opaque. Files with transparent pixels, animations and TIFF files with
/// several pages are refused.
/// </remarks>
public static class SliceReader
{
    /// <summary>Reads a slice. The content of the file decides on the format, not its name.</summary>
    /// <param name="path">
    /// A picture, a .nii or .nii.gz file, or either half of an .hdr/.img pair. For a slice of a volume, the text of a
    /// <see cref="SliceAddress"/>.
    /// </param>
    /// <returns>Channels × height × width values in the file's own units.</returns>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// The file has another format, is damaged, or is not a slice. The message names the file and says what is allowed.
    /// </exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static Slice Read(string path) => Read(path, 0, 1, null);

    /// <summary>Reads a slice whose channels are stored in several files.</summary>
    /// <remarks>
    /// The channels must lie on one grid. If a channel's affine says that it is stored in another orientation than the first channel, it
    /// is turned into the frame of the first. If a file does not store a position, it is assumed to lie like the first.
    /// </remarks>
    /// <param name="paths">The files in the order of the channels, at least one; each as in <see cref="Read(string)"/>.</param>
    /// <returns>The channels of all files, one after another. Geometry and source come from the first file.</returns>
    /// <exception cref="ArgumentException">There are no paths.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// A file has another format, is damaged, is not a slice, or does not lie on the grid of the first file (another size, spacing or
    /// position). The message names it.
    /// </exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static Slice Read(IReadOnlyList<string> paths) => Read(paths, null, null);

    /// <summary>
    /// Reads a slice as <see cref="Read(IReadOnlyList{string})"/> does, and keeps its volumes open so that the next slices are read
    /// faster.
    /// </summary>
    /// <param name="paths">The files.</param>
    /// <param name="volumes">Keeps volumes open; null to open them each time.</param>
    /// <param name="notes">Collects which files were turned and which positions were assumed; may be null.</param>
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

    /// <summary>Reads one file of a list of paths, and turns its slice onto the grid of the case.</summary>
    /// <param name="grid">The grid; null to read the slice as it is stored.</param>
    /// <param name="path">The file.</param>
    /// <param name="place">The index of the file in the list.</param>
    /// <param name="places">How many paths the list has.</param>
    /// <param name="volumes">Keeps volumes open; null to open them each time.</param>
    /// <exception cref="InvalidDataException">See <see cref="Read(string)"/>; or the file lies on another grid.</exception>
    internal static Slice ReadOnto(SliceGrid? grid, string path, int place, int places, OpenVolumes? volumes) =>
        ReadOnto(grid, path, place, places, volumes, out GridMismatch? mismatch) ?? throw mismatch!.Exception();

    /// <summary>
    /// Does the same, but if the file lies on another grid, it returns null and gives the reason. This is for callers that must tell such
    /// a file from a file that cannot be read.
    /// </summary>
    internal static Slice? ReadOnto(SliceGrid? grid, string path, int place, int places, OpenVolumes? volumes, out GridMismatch? mismatch)
    {
        mismatch = null;
        if (grid is null)
        {
            return Read(path, place, places, volumes);
        }

        string? found = SliceLocator.Locate(
            grid, path, file => volumes?.Header(file, place) ?? NiftiFile.ReadHeader(file), out mismatch);
        return found is not null
            ? grid.Align(Read(found, place, places, volumes), found, out mismatch)
            : null;
    }

    /// <summary>Reads one file of a list of paths.</summary>
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

    /// <summary>Reads the size of a slice. Only the file's header is read.</summary>
    /// <param name="path">As in <see cref="Read(string)"/>.</param>
    /// <returns>Number of channels, rows and columns.</returns>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// The file has another format, is damaged, or is not a slice. The message names the file and says what is allowed.
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
    /// Reads the orientation tag of a picture, 1 (upright) to 8, as EXIF defines it. <see cref="Read(string)"/> turns the picture
    /// accordingly. NIfTI files have no such tag and are upright.
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
    /// The file is empty, or its format is not supported. The message names the format if it is known.
    /// </exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static ImageFormat ReadFormat(string path) => ImageFormatDetector.Detect(SliceAddress.Parse(path).Path);

    /// <summary>Lists all slices of a volume whose channels are stored in several files. Only headers are read.</summary>
    /// <param name="paths">
    /// The channels' files, at least one. They must lie on one grid, but may be stored in different orientations if their affines say so.
    /// </param>
    /// <param name="axis">
    /// The axis of the first file to cut along: 0, 1 or 2 of the stored array. Null means the axis of length 1, or the third axis if there
    /// is none.
    /// </param>
    /// <returns>
    /// For each slice, in order, the addresses of its channels, for columns of paths. All addresses use the axis and the slice number of
    /// the first file.
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
            VolumeGrids.Check(first, along, NiftiFile.ReadHeader(path));
        }

        return
        [
            .. Enumerable.Range(0, NiftiCut.Along(first, along).Count)
                .Select(index => paths.Select(path => new SliceAddress(path, along, index).ToString()).ToArray()),
        ];
    }
}
