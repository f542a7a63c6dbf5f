namespace Consensus.Imaging.Formats.Nifti;

/// <summary>
/// What the header of a NIfTI-1 or NIfTI-2 file says, as nibabel understands it.
/// Source: nifti1.h and nifti2.h of the NIfTI Data Format Working Group.
/// </summary>
public sealed record NiftiHeader
{
    private const int Metre = 1;
    private const int Millimetre = 2;
    private const int Micrometre = 3;

    /// <summary>The path that was opened: a single file, or either half of a pair.</summary>
    public required string Path { get; init; }

    /// <summary>The file that holds the values: the file itself if it is a single file, else the <c>.img</c> file of the pair.</summary>
    public required string ImagePath { get; init; }

    /// <summary>1 for NIfTI-1, 2 for NIfTI-2.</summary>
    public required int Version { get; init; }

    /// <summary>Length of each axis as stored: one to seven lengths, each at least 1. Trailing lengths of 1 are kept.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>
    /// Type of the stored values, named as in NumPy: uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32 or float64.
    /// </summary>
    public required string DataType { get; init; }

    /// <summary>Bytes of one stored value: 1, 2, 4 or 8.</summary>
    public required int BytesPerValue { get; init; }

    /// <summary>Whether header and values are stored with the highest byte first.</summary>
    public required bool BigEndian { get; init; }

    /// <summary>
    /// Distance between neighbours along each axis of <see cref="Shape"/> (pixdim). The units are millimetres for space and seconds for
    /// time unless <see cref="Units"/> says otherwise. For the first three axes, a stored 0 becomes 1 and a negative value becomes
    /// positive.
    /// </summary>
    public required IReadOnlyList<double> Spacing { get; init; }

    /// <summary>
    /// The 4×4 matrix from array indices to world coordinates, 16 values, row-major. It is the sform if the sform's code is above 0, else
    /// the qform if the qform's code is above 0. If neither is, it is made from the spacing, with the origin in the centre and the first
    /// axis pointing left.
    /// </summary>
    public required IReadOnlyList<double> Affine { get; init; }

    /// <summary>The factor of the stored values; 1 if the file has no usable factor (0, infinite or not a number).</summary>
    public required double Slope { get; init; }

    /// <summary>The value that is added after multiplying by <see cref="Slope"/>; 0 if the file has no slope.</summary>
    public required double Intercept { get; init; }

    /// <summary>Position of the first value in <see cref="ImagePath"/>, in bytes of the uncompressed file.</summary>
    public required long DataOffset { get; init; }

    /// <summary>Code of the qform (0 none, 1 scanner, 2 aligned, 3 Talairach, 4 MNI 152, 5 other template).</summary>
    public required int QformCode { get; init; }

    /// <summary>Code of the sform (0 none, 1 scanner, 2 aligned, 3 Talairach, 4 MNI 152, 5 other template).</summary>
    public required int SformCode { get; init; }

    /// <summary>The unit byte: space in the lowest three bits (1 metre, 2 millimetre, 3 micrometre), time in the next three.</summary>
    public required int Units { get; init; }

    /// <summary>
    /// Converts a length, such as those in <see cref="Spacing"/> and <see cref="Affine"/>, to millimetres. If the file has no unit,
    /// lengths are assumed to be millimetres.
    /// </summary>
    /// <param name="length">The length in the file's own unit.</param>
    public double InMillimeters(double length) => SpaceUnit switch
    {
        // Micrometres are divided by 1000 and not multiplied by 0.001, so that round numbers stay round.
        Metre => length * 1000,
        Micrometre => length / 1000,
        _ => length,
    };

    /// <summary>The name of the unit of space: metre, millimetre or micrometre. Null if the file has no unit.</summary>
    public string? SpaceUnitName => SpaceUnit switch
    {
        Metre => "metre",
        Millimetre => "millimetre",
        Micrometre => "micrometre",
        _ => null,
    };

    private int SpaceUnit => Units & 7;

    /// <summary>
    /// Whether the image has to be cut into slices. This is so if its third axis is longer than 1 and cannot hold channels, because it is
    /// longer than <see cref="ImageLimits.MaximumChannels"/> or because another axis longer than 1 follows. An image of 1×H×W or H×1×W is
    /// one slice.
    /// </summary>
    public bool IsVolume => SliceAxis is null && Shape.Count > 2 && Shape[2] > 1
        && (Shape[2] > ImageLimits.MaximumChannels || Shape.Skip(3).Any(length => length > 1));

    /// <summary>
    /// The axis of length 1 of an image with three axes of space; the image is one slice along it. It is the third axis if that has length
    /// 1, else the one of the first two axes that has. Null for images with two axes, for volumes, and if both of the first two axes have
    /// length 1 but the third has not.
    /// </summary>
    public int? SliceAxis => Shape.Count < 3 ? null : Shape[2] == 1 ? 2 : (Shape[0] == 1) == (Shape[1] == 1) ? null : Shape[0] == 1 ? 0 : 1;

    /// <summary>The orientation fields as stored. A file that is written for this image repeats them.</summary>
    internal NiftiOrientation Orientation { get; init; } = new();

    /// <summary><see cref="DataType"/> as the reader's own code.</summary>
    internal NiftiDataType TypeCode { get; init; }

    /// <summary>Whether <see cref="Slope"/> and <see cref="Intercept"/> change anything.</summary>
    internal bool IsScaled => Slope != 1 || Intercept != 0;

    /// <summary>The shape as text, such as 256×256×1.</summary>
    internal string ShapeText => string.Join('×', Shape);

    /// <summary>
    /// Whether the file stores a position: the sform or the qform has a code above 0 and a matrix of finite numbers that can be inverted.
    /// </summary>
    internal bool HasPosition => (SformCode > 0 || QformCode > 0) && double.IsFinite(Determinant) && Determinant != 0;

    private double Determinant
    {
        get
        {
            IReadOnlyList<double> m = Affine;
            double offset = m[3] + m[7] + m[11];
            return double.IsFinite(offset)
                ? (m[0] * ((m[5] * m[10]) - (m[6] * m[9]))) - (m[1] * ((m[4] * m[10]) - (m[6] * m[8])))
                    + (m[2] * ((m[4] * m[9]) - (m[5] * m[8])))
                : double.NaN;
        }
    }

    /// <summary>Distance between neighbours along an axis of space, in millimetres; 1 if the file has no usable spacing.</summary>
    internal double SpacingOf(int axis) =>
        axis < Spacing.Count && Spacing[axis] > 0 && double.IsFinite(Spacing[axis]) ? InMillimeters(Spacing[axis]) : 1;

    /// <summary>
    /// The affine of a slice, in the file's own unit like <see cref="Affine"/>. The parameters are those of <see cref="Geometry"/>.
    /// </summary>
    internal double[] AffineOf(int rowAxis, int columnAxis, int axis, int index)
    {
        var affine = new double[16];
        for (int row = 0; row < 4; row++)
        {
            int at = 4 * row;
            affine[at] = Affine[at + rowAxis];
            affine[at + 1] = Affine[at + columnAxis];
            affine[at + 2] = Affine[at + axis];
            affine[at + 3] = Affine[at + 3] + (index * Affine[at + axis]);
        }

        return affine;
    }

    /// <summary>The geometry of a slice whose rows, columns and normal run along these axes of space.</summary>
    /// <param name="rowAxis">The axis that rows are counted along: 0, 1 or 2.</param>
    /// <param name="columnAxis">The axis that columns are counted along.</param>
    /// <param name="axis">The axis across the slice.</param>
    /// <param name="index">The slice's number along that axis, from 0.</param>
    internal SliceGeometry Geometry(int rowAxis, int columnAxis, int axis, int index)
    {
        double[] affine = [.. AffineOf(rowAxis, columnAxis, axis, index).Select((value, at) => at < 12 ? InMillimeters(value) : value)];
        double rows = SpacingOf(rowAxis), columns = SpacingOf(columnAxis);
        bool isPlain = Affine.SequenceEqual(SliceGeometry.None.Affine);
        return new(rows, columns, affine)
        {
            HasPosition = HasPosition,
            HasSpacing = rows != 1 || columns != 1 || (HasPosition && (SpaceUnitName is not null || !isPlain)),
        };
    }

}

/// <summary>
/// The fields of a header that carry the image's geometry, exactly as stored. A file that is written for this image repeats them byte by
/// byte. Unusable values, such as a spacing of 0 or an unknown code, are kept here and repaired by the code that reads them.
/// </summary>
internal sealed record NiftiOrientation
{
    /// <summary>Which axis is frequency, phase and slice (dim_info).</summary>
    public byte DimensionInfo { get; init; }

    /// <summary>
    /// The field pixdim: eight numbers. The last seven are the spacings of the axes, also of axes that the image does not have.
    /// </summary>
    public double[] PixelDimensions { get; init; } = [1, 1, 1, 1, 1, 1, 1, 1];

    /// <summary>The field dim without its first number: seven lengths. Lengths beyond the number of axes mean nothing.</summary>
    public long[] Dimensions { get; init; } = [1, 1, 1, 1, 1, 1, 1];

    /// <summary>qform_code.</summary>
    public int QformCode { get; init; }

    /// <summary>sform_code.</summary>
    public int SformCode { get; init; }

    /// <summary>quatern_b, _c, _d.</summary>
    public double[] Quaternion { get; init; } = [0, 0, 0];

    /// <summary>qoffset_x, _y, _z.</summary>
    public double[] Offset { get; init; } = [0, 0, 0];

    /// <summary>srow_x, srow_y, srow_z: 12 values.</summary>
    public double[] Sform { get; init; } = new double[12];

    /// <summary>The field xyzt_units. The default is millimetres and seconds.</summary>
    public int Units { get; init; } = 2 | 8;

    /// <summary>−1 or 1: whether the third axis of the qform is flipped.</summary>
    public double Qfac => PixelDimensions[0] is -1 ? -1 : 1;
}
