using System.Globalization;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>
/// How a volume is cut into slices along one of its first three axes. The other two axes, in stored order, become rows and columns.
/// </summary>
internal sealed record NiftiCut
{
    // Twice the largest length in a NIfTI-1 header. A list of slices is made from the header alone, so a wrong header must not make it
    // huge.
    private const int MaximumCount = 1 << 16;

    private NiftiCut(NiftiHeader header, int axis, long[] lengths, int channels)
    {
        Header = header;
        Axis = axis;
        (RowAxis, ColumnAxis) = axis switch { 0 => (1, 2), 1 => (0, 2), _ => (0, 1) };
        (X, Y, Z) = (lengths[0], lengths[1], lengths[2]);
        (Height, Width, Count) = ((int)lengths[RowAxis], (int)lengths[ColumnAxis], (int)lengths[axis]);
        Channels = channels;
    }

    public NiftiHeader Header { get; }

    /// <summary>The axis that is cut: 0, 1 or 2.</summary>
    public int Axis { get; }

    /// <summary>Length of the first stored axis. Neighbours along this axis are stored side by side.</summary>
    public long X { get; }

    /// <summary>Length of the second stored axis.</summary>
    public long Y { get; }

    /// <summary>Length of the third stored axis; 1 if there is none.</summary>
    public long Z { get; }

    public int RowAxis { get; }

    public int ColumnAxis { get; }

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Number of slices.</summary>
    public int Count { get; }

    /// <summary>Stored bytes of one slice.</summary>
    public long SliceBytes => (long)Channels * Height * Width * Header.BytesPerValue;

    /// <summary>
    /// Whether each slice is one contiguous part of the file. Then slices that are read in order are read straight through.
    /// </summary>
    public bool IsContiguous => Axis == 2 && Channels == 1;

    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="InvalidDataException">
    /// The image has only one axis, has several axes or a too long axis after the third, has too large slices, or is a single slice along
    /// another axis.
    /// </exception>
    public static NiftiCut Along(NiftiHeader header, int axis)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(axis, 2);
        IReadOnlyList<long> shape = header.Shape;
        if (shape.Count < 2)
        {
            throw new InvalidDataException($"'{header.Path}' has shape {header.ShapeText}, but a volume has at least two axes.");
        }

        long channels = 1;
        for (int further = 3; further < shape.Count; further++)
        {
            if (shape[further] > 1)
            {
                if (channels > 1 || shape[further] > ImageLimits.MaximumChannels)
                {
                    throw new InvalidDataException(
                        $"'{header.Path}' has shape {header.ShapeText} and cannot be cut into slices: "
                        + $"behind the three axes of space one may be longer than 1, for 2 to {ImageLimits.MaximumChannels} channels, "
                        + $"but axis {further + 1} has length {shape[further]}.");
                }

                channels = shape[further];
            }
        }

        long[] lengths = [shape[0], shape[1], shape.Count > 2 ? shape[2] : 1];
        int single = header.SliceAxis ?? (shape.Count == 2 ? 2 : axis);
        if (lengths[axis] != 1 && lengths[single] == 1)
        {
            throw new InvalidDataException(
                $"'{header.Path}' has shape {header.ShapeText}: it is one slice along axis {single}, "
                + $"and cannot be cut along axis {axis}, into {lengths[axis]} strips.");
        }

        Int128 values = channels;
        for (int other = 0; other < 3; other++)
        {
            // The product stops growing early. Three lengths of 64 bits could overflow even 128 bits.
            values *= other == axis || values > ImageLimits.MaximumValues ? 1 : lengths[other];
        }

        if (values > ImageLimits.MaximumValues || values * header.BytesPerValue > Array.MaxLength)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{header.Path}' has shape {header.ShapeText}: its slices along axis {axis} are too large, for a slice has "
                + $"{ImageLimits.MaximumValues} values at most."));
        }

        if (lengths[axis] > MaximumCount)
        {
            throw new InvalidDataException(
                $"'{header.Path}' has shape {header.ShapeText}: {lengths[axis]} slices along axis {axis}, "
                + $"but {MaximumCount} at most are read.");
        }

        return new(header, axis, lengths, (int)channels);
    }

    /// <summary>The axis to cut along: the requested axis if there is one, else the axis of length 1, else the third axis.</summary>
    /// <exception cref="InvalidDataException">
    /// No axis was requested, the first two axes both have length 1, and the third has not.
    /// </exception>
    public static int ChooseAxis(NiftiHeader header, int? asked) => asked ?? header.SliceAxis ?? (header.Shape is not [1, 1, > 1, ..]
        ? SliceAddress.DefaultAxis
        : throw new InvalidDataException(
            $"'{header.Path}' has shape {header.ShapeText}: axes 0 and 1 both have length 1, so the axis to "
            + "cut along must be named: 0, 1 or 2."));

    /// <exception cref="InvalidDataException">There is no such slice.</exception>
    public void CheckIndex(int index)
    {
        if (index >= Count)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{Header.Path}' has {Count} slices along axis {Axis} (shape {Header.ShapeText}), numbered from 0, so there is no "
                + $"slice {index}."));
        }
    }

    /// <summary>
    /// The geometry of one slice: its rows, columns and normal direction, and the volume's origin moved along the cut axis.
    /// </summary>
    public SliceGeometry Geometry(int index) => Header.Geometry(RowAxis, ColumnAxis, Axis, index);

    /// <summary>
    /// Turns slices back into planes across the third stored axis, channel after channel. In each plane, the first axis becomes rows and
    /// the second becomes columns.
    /// </summary>
    public float[][] Assemble(IEnumerable<Slice> slices, int channels)
    {
        int x = (int)X, y = (int)Y, z = (int)Z;
        var planes = new float[channels * z][];
        int index = 0;
        foreach (Slice slice in slices)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                ReadOnlySpan<float> values = slice.Pixels.AsSpan(channel * Height * Width, Height * Width);
                if (Axis == 2)
                {
                    planes[(channel * z) + index] = values.ToArray();
                    continue;
                }

                for (int column = 0; column < z; column++)
                {
                    float[] plane = planes[(channel * z) + column] ??= new float[x * y];
                    for (int row = 0; row < Height; row++)
                    {
                        plane[Axis == 0 ? (index * y) + row : (row * y) + index] = values[(row * z) + column];
                    }
                }
            }

            index++;
        }

        return planes;
    }
}
