namespace Consensus.Imaging.Formats.Nifti;

/// <summary>The header fields that <see cref="NiftiWriter"/> writes.</summary>
internal sealed record NiftiLayout
{
    // "Aligned": nibabel writes this code for an affine of unknown origin.
    private const int Aligned = 2;

    private const int MillimetresAndSeconds = 2 | 8;

    public int Version { get; init; } = 1;

    /// <summary>Length of each axis. A slice has rows, columns, and at most one further axis that is longer than 1.</summary>
    public required long[] Shape { get; init; }

    public NiftiDataType Type { get; init; } = NiftiDataType.Float32;

    /// <summary>The position of the image in space, and the spacing of its voxels.</summary>
    public required NiftiOrientation Orientation { get; init; }

    /// <summary>The geometry of a slice in memory, written as an sform.</summary>
    public static NiftiLayout FromSlice(Slice slice)
    {
        double[] affine = [.. slice.Geometry.Affine];
        double thickness = Math.Sqrt((affine[2] * affine[2]) + (affine[6] * affine[6]) + (affine[10] * affine[10]));
        return OfSlice(1, slice.Channels, slice.Height, slice.Width, new()
        {
            PixelDimensions =
            [
                1, slice.Geometry.SpacingRows, slice.Geometry.SpacingColumns, thickness > 0 && double.IsFinite(thickness) ? thickness : 1,
                1, 1, 1, 1,
            ],
            SformCode = slice.Geometry.HasPosition ? Aligned : 0,
            Sform = affine[..12],

            // A code says that the position is known, and a unit that the spacing is known. A picture without them gets neither.
            Units = slice.Geometry.HasSpacing ? MillimetresAndSeconds : 0,
        });
    }

    /// <summary>
    /// The geometry of one slice of a volume. For a cut along the third axis, it is the volume's geometry, moved to the slice. For a cut
    /// along another axis, the axes are rearranged, and the geometry is written as an sform with the volume's code.
    /// </summary>
    public static NiftiLayout FromCut(NiftiCut cut, int index, int channels)
    {
        NiftiHeader header = cut.Header;
        NiftiOrientation volume = header.Orientation;
        double[] sform = header.AffineOf(cut.RowAxis, cut.ColumnAxis, cut.Axis, index)[..12];
        NiftiOrientation moved;
        if (cut.Axis != 2 || (header.QformCode == 0 && header.SformCode == 0))
        {
            double[] spacing = volume.PixelDimensions;
            moved = new()
            {
                PixelDimensions = [1, spacing[cut.RowAxis + 1], spacing[cut.ColumnAxis + 1], spacing[cut.Axis + 1], .. spacing[4..]],
                SformCode = header.SformCode > 0 ? header.SformCode : header.QformCode > 0 ? header.QformCode : Aligned,
                Sform = sform,
                Units = volume.Units,
            };
        }
        else
        {
            moved = volume;
            if (header.SformCode > 0)
            {
                moved = moved with { Sform = sform };
            }

            // If the sform is used, nobody has checked the quaternion yet.
            if (header.QformCode > 0 && (header.SformCode == 0 || volume.Quaternion.Sum(value => value * value) <= 1))
            {
                double[] qform = NiftiAffine.FromQform(header.Path, header.Version, volume);
                moved = moved with { Offset = [.. volume.Offset.Select((offset, row) => offset + (index * qform[(4 * row) + 2]))] };
            }
        }

        return OfSlice(header.Version, channels, cut.Height, cut.Width, moved with { Dimensions = [1, 1, 1, 1, 1, 1, 1] });
    }

    /// <summary>The geometry of a slice's file, with another number of channels on its channel axis.</summary>
    public static NiftiLayout ForSlice(NiftiHeader header, int channels) => FromHeader(header, 2, channels);

    /// <summary>The geometry of a volume's file, with another number of channels on its channel axis.</summary>
    public static NiftiLayout ForVolume(NiftiHeader header, int channels) => FromHeader(header, 3, channels);

    /// <summary>
    /// The length that is stored for an axis, 0 to 6. Beyond the image's own axes, it is the length that the input file stores.
    /// </summary>
    public long Dimension(int axis) => axis < Shape.Length ? Shape[axis] : Orientation.Dimensions[axis];

    private static NiftiLayout OfSlice(int version, int channels, int height, int width, NiftiOrientation orientation) => new()
    {
        Version = Math.Max(height, width) > short.MaxValue ? 2 : version,
        Shape = channels == 1 ? [height, width] : [height, width, 1, channels],
        Orientation = orientation,
    };

    /// <param name="header">The file's header.</param>
    /// <param name="further">The first axis that may hold channels.</param>
    /// <param name="channels">The new number of channels.</param>
    private static NiftiLayout FromHeader(NiftiHeader header, int further, int channels)
    {
        List<long> shape = [.. header.Shape];
        int axis = further < shape.Count ? shape.FindIndex(further, length => length > 1) : -1;
        if (axis < 0 && channels > 1)
        {
            axis = 3;
            while (shape.Count <= axis)
            {
                shape.Add(1);
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
            Orientation = header.Orientation,
        };
    }
}
