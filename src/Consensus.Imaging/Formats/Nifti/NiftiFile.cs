using System.Buffers;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>
/// Reads NIfTI-1 and NIfTI-2 images (single files and .hdr/.img pairs, plain or gzip, both byte orders, integers and floats of 8 to 64
/// bits) whole or slice by slice, and writes them. Values agree with what nibabel reads; axis 0 of the file becomes rows, axis 1 columns.
/// </summary>
public static class NiftiFile
{
    /// <summary>Reads the header of an image.</summary>
    /// <param name="path">A .nii file or either half of an .hdr/.img pair, plain or gzip.</param>
    /// <exception cref="FileNotFoundException">The file, or the header of an .img, does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is no NIfTI file, or one of a kind that is not read (colour, complex, 128 bit); the message says which.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static NiftiHeader ReadHeader(string path) => NiftiSource.ReadHeader(path);

    /// <summary>Reads all values once, in small blocks, and sums them up after slope and intercept, in double precision.</summary>
    /// <param name="path">A .nii file or either half of an .hdr/.img pair, plain or gzip, of any size and 1 to 7 axes.</param>
    /// <exception cref="FileNotFoundException">The file, or the other half of a pair, does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is no NIfTI file, of a kind that is not read, or shorter than its header promises.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static NiftiStatistics ReadStatistics(string path)
    {
        using NiftiSource source = NiftiSource.Open(path);
        NiftiHeader header = source.Header;
        long left = source.ValueCount;
        source.SeekToValues();
        var summary = new NiftiValues.Summary(double.PositiveInfinity, double.NegativeInfinity, 0, 0, 0);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(NiftiValues.BlockBytes);
        try
        {
            while (left > 0)
            {
                int count = (int)Math.Min(left, NiftiValues.BlockBytes / header.BytesPerValue);
                Span<byte> block = buffer.AsSpan(0, count * header.BytesPerValue);
                source.ReadValues(block);
                NiftiValues.ToNativeOrder(block, header.BytesPerValue, header.BigEndian);
                NiftiValues.Summarize(block, header, ref summary);
                left -= count;
            }

            source.CheckEnd();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return summary.Finite == 0
            ? new NiftiStatistics(double.NaN, double.NaN, double.NaN, summary.Count, summary.Count)
            : new NiftiStatistics(
                summary.Minimum, summary.Maximum, summary.Sum / summary.Finite, summary.Count, summary.Count - summary.Finite);
    }

    /// <summary>
    /// Reads a slice: an image of X×Y values with any number of further axes, of which at most one is longer than 1; that one holds the
    /// channels (X×Y×4, X×Y×1×4). Where one of three axes of space has length 1, the other two are rows and columns, whichever it is
    /// (1×Y×Z, X×1×Z). Values are after slope and intercept, rounded to single precision.
    /// </summary>
    /// <param name="path">A .nii file or either half of an .hdr/.img pair, plain or gzip.</param>
    /// <returns>
    /// Channels × rows × columns: the first axis of the file that does not have length 1 gives the rows, the next the columns.
    /// </returns>
    /// <exception cref="FileNotFoundException">The file, or the other half of a pair, does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is no NIfTI file, of a kind that is not read, shorter than its header promises, or a volume: more than
    /// <see cref="ImageLimits.MaximumChannels"/> channels.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static Slice ReadSlice(string path)
    {
        using NiftiSource source = NiftiSource.Open(path);
        NiftiHeader header = source.Header;
        if (header.SliceAxis is { } along and not 2)
        {
            using var volume = new NiftiVolume(path, along);
            Slice only = volume.Read(0);
            return new Slice(only.Channels, only.Height, only.Width, only.Pixels, only.Geometry, path) { Axis = along };
        }

        (int channels, int height, int width) = NiftiSliceShape.Read(header);
        source.CheckPromise();
        source.SeekToValues();

        var pixels = GC.AllocateUninitializedArray<float>(channels * height * width);
        int size = header.BytesPerValue;
        int rowsPerBlock = Math.Min(height, NiftiValues.BlockBytes / size);
        int columnsPerBlock = Math.Clamp(NiftiValues.BlockBytes / size / height, 1, width);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(rowsPerBlock * columnsPerBlock * size);
        try
        {
            for (int channel = 0; channel < channels; channel++)
            {
                Span<float> plane = pixels.AsSpan(channel * height * width, height * width);
                for (int column = 0; column < width; column += columnsPerBlock)
                {
                    int columns = Math.Min(columnsPerBlock, width - column);
                    for (int row = 0; row < height; row += rowsPerBlock)
                    {
                        int rows = Math.Min(rowsPerBlock, height - row);
                        Span<byte> block = buffer.AsSpan(0, rows * columns * size);
                        source.ReadValues(block);
                        NiftiValues.ToNativeOrder(block, size, header.BigEndian);
                        NiftiValues.Place(block, header, new NiftiValues.Window(row, rows, column, columns, width), plane);
                    }
                }
            }

            source.CheckEnd();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return new Slice(channels, height, width, pixels, header.Geometry(0, 1, 2, 0), path) { Axis = header.SliceAxis };
    }

    /// <summary>
    /// Reads one slice of a volume: an image of X×Y×Z values, of which the axes other than <paramref name="axis"/> become, in stored
    /// order, rows and columns. One further axis may be longer than 1 and hold channels (X×Y×Z×4, X×Y×Z×1×4). Values are after slope and
    /// intercept, rounded to single precision.
    /// </summary>
    /// <remarks>A compressed file is unpacked each time: to read many slices, use <see cref="ReadSlices"/>.</remarks>
    /// <param name="path">A .nii file or either half of an .hdr/.img pair, plain or gzip.</param>
    /// <param name="axis">The axis that is cut: 0, 1 or 2 of the stored array.</param>
    /// <param name="index">Which slice along it, from 0.</param>
    /// <returns>Channels × rows × columns, with the slice's own affine: its translation is the place of the slice in the volume.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2, or the index is negative.</exception>
    /// <exception cref="FileNotFoundException">The file, or the other half of a pair, does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is no NIfTI file, of a kind that is not read, shorter than its header promises, has more than
    /// <see cref="ImageLimits.MaximumChannels"/> channels or several further axes, or has no such slice.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static Slice ReadSlice(string path, int axis, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        using var volume = new NiftiVolume(path, axis);
        return volume.Read(index);
    }

    /// <summary>
    /// Reads all slices of a volume in turn, unpacking it once where it, as stored, has no more than 128 MiB or is cut along its last axis.
    /// </summary>
    /// <param name="path">As in <see cref="ReadSlice(string, int, int)"/>.</param>
    /// <param name="axis">
    /// The axis that is cut: 0, 1 or 2 of the stored array; null for the one of length 1, and of a volume for the third.
    /// </param>
    /// <returns>The slices, read while they are enumerated; the file is open meanwhile.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="FileNotFoundException">The file, or the other half of a pair, does not exist.</exception>
    /// <exception cref="InvalidDataException">As in <see cref="ReadSlice(string, int, int)"/>.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static IEnumerable<Slice> ReadSlices(string path, int? axis = null)
    {
        // Errors are thrown by the call itself, not by the first step of the enumeration.
        NiftiHeader header = ReadHeader(path);
        int along = NiftiCut.ChooseAxis(header, axis), count = NiftiCut.Along(header, along).Count;
        return Enumerate();

        IEnumerable<Slice> Enumerate()
        {
            using var volume = new NiftiVolume(path, along, all: true);
            for (int index = 0; index < count; index++)
            {
                yield return volume.Read(index);
            }
        }
    }

    /// <summary>Lists all slices of a volume, from its header alone.</summary>
    /// <param name="path">As in <see cref="ReadSlice(string, int, int)"/>.</param>
    /// <param name="axis">
    /// The axis that is cut: 0, 1 or 2 of the stored array; null for the one of length 1, and of a volume for the third.
    /// </param>
    /// <returns>The addresses in the order of the slices, for columns of paths.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="FileNotFoundException">The file, or the header of an .img, does not exist.</exception>
    /// <exception cref="InvalidDataException">As in <see cref="ReadSlice(string, int, int)"/>.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static IReadOnlyList<SliceAddress> ListSlices(string path, int? axis = null)
    {
        NiftiHeader header = ReadHeader(path);
        int along = NiftiCut.ChooseAxis(header, axis);
        return [.. Enumerable.Range(0, NiftiCut.Along(header, along).Count).Select(index => new SliceAddress(path, along, index))];
    }

    /// <summary>
    /// Writes a slice as single-precision values, little-endian, through a temporary file, so that nothing half written is left behind.
    /// </summary>
    /// <param name="path">The file to create or replace: .nii, or .nii.gz for gzip.</param>
    /// <param name="slice">The values. Several channels go to the axis where the input has its channels, else to the fourth.</param>
    /// <param name="geometryFrom">
    /// The image whose geometry to repeat to the byte: version, order and number of axes, spacing, units, sform and qform with their
    /// codes. Of the address of a slice in a volume (<see cref="SliceAddress"/>), the volume's geometry, moved to the slice. Null writes
    /// the slice's own geometry as an sform.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The name ends otherwise, or <paramref name="geometryFrom"/> has another height or width than the slice.
    /// </exception>
    /// <exception cref="FileNotFoundException"><paramref name="geometryFrom"/> does not exist.</exception>
    /// <exception cref="InvalidDataException"><paramref name="geometryFrom"/> is no NIfTI slice, or has none of this number.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteSlice(string path, Slice slice, string? geometryFrom = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(slice);
        if (geometryFrom is null)
        {
            NiftiWriter.Write(path, NiftiLayout.FromSlice(slice), slice.Pixels);
            return;
        }

        SliceAddress address = SliceAddress.Parse(geometryFrom);
        NiftiHeader header = ReadHeader(address.Path);
        NiftiCut? cut = address.Axis is { } axis ? NiftiCut.Along(header, axis) : null;
        (_, int height, int width) = cut is null ? NiftiSliceShape.Read(header) : (cut.Channels, cut.Height, cut.Width);
        if (height != slice.Height || width != slice.Width)
        {
            throw new ArgumentException(
                $"A slice of {slice.Height}×{slice.Width} cannot take the geometry of '{geometryFrom}', which has {height}×{width}.",
                nameof(slice));
        }

        if (cut is null && header.SliceAxis is { } along and not 2)
        {
            float[][] planes = NiftiCut.Along(header, along).Assemble([slice], slice.Channels);
            NiftiWriter.Write(path, NiftiLayout.ForVolume(header, slice.Channels), planes.Select(plane => (ReadOnlyMemory<float>)plane));
            return;
        }

        cut?.CheckIndex(address.Index!.Value);
        NiftiWriter.Write(
            path,
            cut is null ? NiftiLayout.ForSlice(header, slice.Channels) : NiftiLayout.FromCut(cut, address.Index!.Value, slice.Channels),
            slice.Pixels);
    }

    /// <summary>
    /// Puts slices, such as predicted maps, back into the volume they were cut from: single-precision values, little-endian,
    /// through a temporary file. Slices along axis 2 with one channel are written as they come; else the volume is held in
    /// memory, four bytes a value.
    /// </summary>
    /// <param name="path">The file to create or replace: .nii, or .nii.gz for gzip.</param>
    /// <param name="slices">All slices in order, of one size and number of channels, as <see cref="ReadSlices"/> gives them.</param>
    /// <param name="geometryFrom">
    /// The volume that was cut, whose geometry to repeat to the byte: version, order and number of axes, spacing, units, sform and qform
    /// with their codes. Only the number of channels may be another.
    /// </param>
    /// <param name="axis">
    /// The axis that was cut: 0, 1 or 2 of the stored array; null for the one of length 1, and of a volume for the third.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The name ends otherwise, or number or size of the slices is not that of the volume's.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="FileNotFoundException"><paramref name="geometryFrom"/> does not exist.</exception>
    /// <exception cref="InvalidDataException"><paramref name="geometryFrom"/> is no NIfTI volume.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteVolume(string path, IEnumerable<Slice> slices, string geometryFrom, int? axis = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(slices);
        NiftiHeader header = ReadHeader(geometryFrom);
        NiftiCut cut = NiftiCut.Along(header, NiftiCut.ChooseAxis(header, axis));
        using IEnumerator<Slice> enumerator = slices.GetEnumerator();
        if (!enumerator.MoveNext())
        {
            throw new ArgumentException(
                $"'{geometryFrom}' has {cut.Count} slices along axis {cut.Axis}, but none was given.", nameof(slices));
        }

        int channels = enumerator.Current.Channels;
        NiftiLayout layout = NiftiLayout.ForVolume(cut.Header, channels);
        IEnumerable<float[]> written = cut.Axis == 2 && channels == 1
            ? Fitting().Select(slice => slice.Pixels)
            : cut.Assemble(Fitting(), channels);
        NiftiWriter.Write(path, layout, written.Select(plane => (ReadOnlyMemory<float>)plane));

        IEnumerable<Slice> Fitting()
        {
            int number = 0;
            do
            {
                Slice slice = enumerator.Current;
                if (number == cut.Count || slice.Height != cut.Height || slice.Width != cut.Width || slice.Channels != channels)
                {
                    throw new ArgumentException(
                        number == cut.Count
                            ? $"More slices were given than the {cut.Count} that '{geometryFrom}' has along axis {cut.Axis}."
                            : $"Slice {number} has {slice.Channels}×{slice.Height}×{slice.Width} values (channels × rows × columns), "
                                + $"but {channels}×{cut.Height}×{cut.Width} are needed for the geometry of '{geometryFrom}'.",
                        nameof(slices));
                }

                number++;
                yield return slice;
            }
            while (enumerator.MoveNext());
            if (number < cut.Count)
            {
                throw new ArgumentException(
                    $"'{geometryFrom}' has {cut.Count} slices along axis {cut.Axis}, but {number} were given.", nameof(slices));
            }
        }
    }
}
