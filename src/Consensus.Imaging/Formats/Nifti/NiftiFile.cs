using System.Buffers;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>
/// Reads NIfTI-1 and NIfTI-2 images (single files and .hdr/.img pairs, plain or gzip, both byte orders, integers and floats of 8 to 64
/// bits), whole or slice by slice, and writes them. Values are equal to those that nibabel reads. Axis 0 of the file becomes rows, axis 1
/// becomes columns.
/// </summary>
public static class NiftiFile
{
    /// <summary>Reads the header of an image.</summary>
    /// <param name="path">A .nii file or either half of an .hdr/.img pair, plain or gzip.</param>
    /// <exception cref="FileNotFoundException">The file, or the header of an .img, does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is not a NIfTI file, or its kind of values is not supported (colour, complex, 128 bits). The message says which.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static NiftiHeader ReadHeader(string path) => NiftiSource.ReadHeader(InputContent.FromFile(path));

    /// <summary>
    /// Reads all values once, in small blocks, and computes statistics of them. Slope and intercept are applied first, in double
    /// precision.
    /// </summary>
    /// <param name="path">A .nii file or either half of an .hdr/.img pair, plain or gzip, of any size and 1 to 7 axes.</param>
    /// <exception cref="FileNotFoundException">The file, or the other half of a pair, does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is not a NIfTI file, its kind is not supported, or it is shorter than its header promises.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static NiftiStatistics ReadStatistics(string path)
    {
        using NiftiSource source = NiftiSource.Open(InputContent.FromFile(path));
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
    /// Reads an image that is one slice: X×Y values with any number of further axes. At most one further axis may be longer than 1; it
    /// holds the channels (X×Y×4, X×Y×1×4). If the image has three axes of space and any of them has length 1, the other two are rows and
    /// columns (1×Y×Z, X×1×Z). Slope and intercept are applied, and the values are rounded to single precision.
    /// </summary>
    /// <param name="path">A .nii file or either half of an .hdr/.img pair, plain or gzip.</param>
    /// <returns>
    /// Channels × rows × columns. The first axis of the file that is longer than 1 gives the rows, and the next axis gives the columns.
    /// </returns>
    /// <exception cref="FileNotFoundException">The file, or the other half of a pair, does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is not a NIfTI file, its kind is not supported, it is shorter than its header promises, or it is a volume (more than
    /// <see cref="ImageLimits.MaximumChannels"/> channels).
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static Slice ReadSlice(string path) => ReadSlice(InputContent.FromFile(path));

    /// <summary>Reads a slice from a file or from memory; otherwise as <see cref="ReadSlice(string)"/>.</summary>
    internal static Slice ReadSlice(InputContent content)
    {
        using NiftiSource source = NiftiSource.Open(content);
        NiftiHeader header = source.Header;
        if (header.SliceAxis is { } along and not 2)
        {
            using var volume = new NiftiVolume(content, along);
            Slice only = volume.Read(0);
            return new Slice(only.Channels, only.Height, only.Width, only.Pixels, only.Geometry, content.Name) { Axis = along };
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

        return new Slice(channels, height, width, pixels, header.Geometry(0, 1, 2, 0), content.Name) { Axis = header.SliceAxis };
    }

    /// <summary>
    /// Reads one slice of a volume, which is an image of X×Y×Z values. The slice lies across <paramref name="axis"/>. The other two axes,
    /// in stored order, become its rows and columns. One further axis may be longer than 1 and hold channels (X×Y×Z×4, X×Y×Z×1×4). Slope
    /// and intercept are applied, and the values are rounded to single precision.
    /// </summary>
    /// <remarks>A compressed file is unpacked at each call. To read many slices, use <see cref="ReadSlices(string, int?)"/>.</remarks>
    /// <param name="path">A .nii file or either half of an .hdr/.img pair, plain or gzip.</param>
    /// <param name="axis">The axis to cut along: 0, 1 or 2 of the stored array.</param>
    /// <param name="index">The number of the slice along this axis, from 0.</param>
    /// <returns>
    /// Channels × rows × columns, with the slice's own affine. Its translation is the position of the slice in the volume.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2, or the index is negative.</exception>
    /// <exception cref="FileNotFoundException">The file, or the other half of a pair, does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is not a NIfTI file, its kind is not supported, it is shorter than its header promises, it has more than
    /// <see cref="ImageLimits.MaximumChannels"/> channels or several further axes, or it has no such slice.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static Slice ReadSlice(string path, int axis, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        using var volume = new NiftiVolume(InputContent.FromFile(path), axis);
        return volume.Read(index);
    }

    /// <summary>
    /// Reads all slices of a volume in turn. The file is unpacked only once if its values take at most 128 MiB as stored, or if it is cut
    /// along its last axis.
    /// </summary>
    /// <param name="path">As in <see cref="ReadSlice(string, int, int)"/>.</param>
    /// <param name="axis">
    /// The axis to cut along: 0, 1 or 2 of the stored array. Null means the axis of length 1, or the third axis if there is none.
    /// </param>
    /// <returns>The slices. They are read while you enumerate them, and the file is open during that time.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="FileNotFoundException">The file, or the other half of a pair, does not exist.</exception>
    /// <exception cref="InvalidDataException">As in <see cref="ReadSlice(string, int, int)"/>.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static IEnumerable<Slice> ReadSlices(string path, int? axis = null) => ReadSlices(InputContent.FromFile(path), axis);

    /// <summary>Reads all slices from a file or from memory; otherwise as <see cref="ReadSlices(string, int?)"/>.</summary>
    internal static IEnumerable<Slice> ReadSlices(InputContent content, int? axis)
    {
        // This part is not an iterator, so that errors are thrown by the call itself and not by the first step of the enumeration.
        NiftiHeader header = NiftiSource.ReadHeader(content);
        int along = NiftiCut.ChooseAxis(header, axis), count = NiftiCut.Along(header, along).Count;
        return Enumerate();

        IEnumerable<Slice> Enumerate()
        {
            using var volume = new NiftiVolume(content, along, all: true);
            for (int index = 0; index < count; index++)
            {
                yield return volume.Read(index);
            }
        }
    }

    /// <summary>Lists all slices of a volume. Only its header is read.</summary>
    /// <param name="path">As in <see cref="ReadSlice(string, int, int)"/>.</param>
    /// <param name="axis">
    /// The axis to cut along: 0, 1 or 2 of the stored array. Null means the axis of length 1, or the third axis if there is none.
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
    /// Writes a slice as single-precision values, little-endian. It goes through a temporary file, so no half-written file is left behind.
    /// </summary>
    /// <param name="path">The file to create or replace: .nii, or .nii.gz for gzip.</param>
    /// <param name="slice">
    /// The values. Several channels go to the axis on which <paramref name="geometryFrom"/> has its channels, else to the fourth axis.
    /// </param>
    /// <param name="geometryFrom">
    /// The image whose geometry is copied byte by byte: version, order and number of axes, spacing, units, sform and qform with their
    /// codes. If it is the address of a slice in a volume (<see cref="SliceAddress"/>), the volume's geometry is moved to that slice. Null
    /// writes the slice's own geometry as an sform.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The name has another ending, or <paramref name="geometryFrom"/> has another height or width than the slice.
    /// </exception>
    /// <exception cref="FileNotFoundException"><paramref name="geometryFrom"/> does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// <paramref name="geometryFrom"/> is not a NIfTI slice, or the volume has no slice of this number.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteSlice(string path, Slice slice, string? geometryFrom = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(slice);
        if (geometryFrom is null)
        {
            NiftiWriter.Write(path, NiftiContent.FromSlice(slice));
            return;
        }

        SliceAddress address = SliceAddress.Parse(geometryFrom);
        NiftiHeader header = ReadHeader(address.Path);
        NiftiWriter.Write(path, address is { Axis: { } axis, Index: { } index }
            ? NiftiContent.FromSlice(slice, NiftiCut.Along(header, axis), index, geometryFrom)
            : NiftiContent.FromSlice(slice, header, geometryFrom));
    }

    /// <summary>Writes a slice to a stream, as <see cref="WriteSlice(string, Slice, string)"/> writes it to a file.</summary>
    /// <param name="stream">Where to write to; it stays open.</param>
    /// <param name="slice">The values. Several channels go to the axis where the input has its channels, else to the fourth.</param>
    /// <param name="geometryFrom">
    /// The header of the image whose geometry to repeat to the byte (<see cref="NiftiHeader"/>). Null writes the slice's own
    /// geometry as an sform.
    /// </param>
    /// <param name="compress">Whether to write gzip (.nii.gz) rather than plain (.nii).</param>
    /// <exception cref="ArgumentException">The header has another height or width than the slice.</exception>
    /// <exception cref="InvalidDataException">The header is that of a volume.</exception>
    public static void WriteSlice(Stream stream, Slice slice, NiftiHeader? geometryFrom, bool compress)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(slice);
        NiftiWriter.Write(
            stream,
            geometryFrom is null ? NiftiContent.FromSlice(slice) : NiftiContent.FromSlice(slice, geometryFrom, geometryFrom.Path),
            compress);
    }

    /// <summary>
    /// Puts slices, such as predicted maps, back into the volume that they were cut from. The values have single precision and are
    /// little-endian. The file is written through a temporary file. Slices along axis 2 with one channel are written one by one. In all
    /// other cases the volume is held in memory, four bytes per value.
    /// </summary>
    /// <param name="path">The file to create or replace: .nii, or .nii.gz for gzip.</param>
    /// <param name="slices">
    /// All slices in order, as <see cref="ReadSlices(string, int?)"/> gives them. They have the same size and number of channels.
    /// </param>
    /// <param name="geometryFrom">
    /// The volume that was cut. Its geometry is copied byte by byte: version, order and number of axes, spacing, units, sform and qform
    /// with their codes. Only the number of channels may differ.
    /// </param>
    /// <param name="axis">
    /// The axis along which the volume was cut: 0, 1 or 2 of the stored array. Null means the axis of length 1, or the third axis if there
    /// is none.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The name has another ending, or the slices differ in number or size from the slices of the volume.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="FileNotFoundException"><paramref name="geometryFrom"/> does not exist.</exception>
    /// <exception cref="InvalidDataException"><paramref name="geometryFrom"/> is not a NIfTI volume.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteVolume(string path, IEnumerable<Slice> slices, string geometryFrom, int? axis = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(slices);
        NiftiWriter.Write(path, NiftiContent.FromSlices(slices, ReadHeader(geometryFrom), axis, geometryFrom));
    }

    /// <summary>
    /// Writes slices as a volume to a stream, as <see cref="WriteVolume(string, IEnumerable{Slice}, string, int?)"/> writes them to a file.
    /// </summary>
    /// <param name="stream">Where to write to; it stays open.</param>
    /// <param name="slices">All slices in order, of one size and number of channels.</param>
    /// <param name="geometryFrom">The header of the volume that was cut (<see cref="NiftiHeader"/>).</param>
    /// <param name="axis">The axis that was cut: 0, 1 or 2; null for the axis of length 1, and for the third axis of a volume.</param>
    /// <param name="compress">Whether to write gzip (.nii.gz) rather than plain (.nii).</param>
    /// <exception cref="ArgumentException">The number or the size of the slices is not that of the volume's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="InvalidDataException">The header is not that of a volume.</exception>
    public static void WriteVolume(Stream stream, IEnumerable<Slice> slices, NiftiHeader geometryFrom, int? axis, bool compress)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(slices);
        ArgumentNullException.ThrowIfNull(geometryFrom);
        NiftiWriter.Write(stream, NiftiContent.FromSlices(slices, geometryFrom, axis, geometryFrom.Path), compress);
    }
}
