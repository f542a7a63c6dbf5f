namespace Consensus.ML.Imaging;

/// <summary>Everything of a header that <see cref="NiftiWriter"/> writes.</summary>
internal sealed record NiftiLayout
{
    public int Version { get; init; } = 1;

    /// <summary>Length of each axis: for a slice rows, columns, and at most one more that is longer than 1.</summary>
    public required long[] Shape { get; init; }

    /// <summary>Spacing of each axis, as many as <see cref="Shape"/> has.</summary>
    public required double[] Spacing { get; init; }

    public NiftiDataType Type { get; init; } = NiftiDataType.Float32;

    public int QformCode { get; init; }

    public int SformCode { get; init; }

    /// <summary>Millimetres, and seconds, unless an input says otherwise.</summary>
    public int Units { get; init; } = 2 | 8;

    public required NiftiOrientation Orientation { get; init; }

    /// <summary>The geometry that a slice in memory carries, as an sform ("aligned", as nibabel writes it).</summary>
    public static NiftiLayout Of(Slice slice)
    {
        long[] shape = slice.Channels == 1 ? [slice.Height, slice.Width] : [slice.Height, slice.Width, 1, slice.Channels];
        var spacing = new double[shape.Length];
        Array.Fill(spacing, 1);
        (spacing[0], spacing[1]) = (slice.Geometry.SpacingRows, slice.Geometry.SpacingColumns);
        return new NiftiLayout
        {
            Version = Math.Max(slice.Height, slice.Width) > short.MaxValue ? 2 : 1,
            Shape = shape,
            Spacing = spacing,
            SformCode = 2,
            Orientation = new NiftiOrientation(0, 1, [0, 0, 0], [0, 0, 0], [.. slice.Geometry.Affine.Take(12)]),
        };
    }

    /// <summary>The geometry of a slice's file, with another number of channels on the axis where it has them.</summary>
    public static NiftiLayout Of(NiftiHeader header, int channels) => Of(header, 2, channels);

    /// <summary>The geometry of a volume's file, with another number of channels on the axis where it has them.</summary>
    public static NiftiLayout OfVolume(NiftiHeader header, int channels) => Of(header, 3, channels);

    /// <param name="header">The file's header.</param>
    /// <param name="further">The first axis that may hold channels.</param>
    /// <param name="channels">How many there are to be.</param>
    private static NiftiLayout Of(NiftiHeader header, int further, int channels)
    {
        List<long> shape = [.. header.Shape];
        List<double> spacing = [.. header.Spacing];
        int axis = further < shape.Count ? shape.FindIndex(further, length => length > 1) : -1;
        if (axis < 0 && channels > 1)
        {
            axis = 3;
            while (shape.Count <= axis)
            {
                shape.Add(1);
                spacing.Add(1);
            }
        }

        if (axis >= 0)
        {
            shape[axis] = channels;
        }

        return new NiftiLayout
        {
            Version = shape.Exists(length => length > short.MaxValue) ? 2 : header.Version,
            Shape = [.. shape],
            Spacing = [.. spacing],
            QformCode = header.QformCode,
            SformCode = header.SformCode,
            Units = header.Units,
            Orientation = header.Orientation,
        };
    }
}
