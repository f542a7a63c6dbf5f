namespace Consensus.ML.Imaging;

/// <summary>Everything of a header that <see cref="NiftiWriter"/> writes.</summary>
internal sealed record NiftiLayout
{
    public int Version { get; init; } = 1;

    /// <summary>Length of each axis: rows, columns, then whatever the format asks for; all but one of the later ones are 1.</summary>
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

    /// <summary>The geometry of a file, with another number of channels on the axis where it has them.</summary>
    public static NiftiLayout Of(NiftiHeader header, int channels)
    {
        List<long> shape = [.. header.Shape];
        List<double> spacing = [.. header.Spacing];
        int axis = shape.FindIndex(2, length => length > 1);
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
            Version = header.Version,
            Shape = [.. shape],
            Spacing = [.. spacing],
            QformCode = header.QformCode,
            SformCode = header.SformCode,
            Units = header.Units,
            Orientation = header.Orientation,
        };
    }
}
