using System.Globalization;

namespace Consensus.Imaging;

/// <summary>The position and the spacing of a slice in space. A file must store them so that a prediction lies on its image.</summary>
/// <param name="SpacingRows">Distance between two rows, in millimetres; 1 if the file does not store it.</param>
/// <param name="SpacingColumns">Distance between two columns, in millimetres; 1 if the file does not store it.</param>
/// <param name="Affine">
/// The 4×4 matrix from (row, column, slice, 1) to world coordinates in millimetres, row-major, 16 values. It is the identity if the file
/// does not store it.
/// </param>
public sealed record SliceGeometry(double SpacingRows, double SpacingColumns, IReadOnlyList<double> Affine)
{
    /// <summary>
    /// The geometry of images that store none, such as PNG files. It has unit spacing and the identity matrix, and both are marked as
    /// unknown.
    /// </summary>
    public static SliceGeometry None { get; } =
        new(1, 1, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]) { HasPosition = false, HasSpacing = false };

    /// <summary>
    /// Whether <see cref="Affine"/> is known. In a NIfTI file, the sform or the qform must have a code above 0 and a usable matrix. Only
    /// slices with known positions can be compared in space. Otherwise, a slice is assumed to lie like the other files of its case.
    /// </summary>
    public bool HasPosition { get; init; } = true;

    /// <summary>
    /// Whether the spacing is known in millimetres. If so, distances are reported in millimetres and not in pixels. In a NIfTI file, the
    /// spacing is known if it is not 1×1. A spacing of 1×1 is known if there is a position, and also a unit or an affine that is not the
    /// identity. Programs that write plain arrays leave neither.
    /// </summary>
    public bool HasSpacing { get; init; } = true;

    /// <summary>A spacing without a position: for pixels that come without their place in space.</summary>
    /// <param name="rows">Distance between two rows, in millimetres; above 0.</param>
    /// <param name="columns">Distance between two columns, in millimetres; above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A distance is not above 0, or is no finite number.</exception>
    public static SliceGeometry FromSpacing(double rows, double columns)
    {
        CheckSpacing(rows, nameof(rows));
        CheckSpacing(columns, nameof(columns));
        return new(rows, columns, [rows, 0, 0, 0, 0, columns, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]) { HasPosition = false };
    }

    /// <summary>
    /// The geometry of a DICOM image, from the attributes that place it (DICOM PS3.3, C.7.6.2.1.1). DICOM's world grows to the left and to
    /// the back; the affine here grows to the right and to the front, as in NIfTI.
    /// </summary>
    /// <param name="position">ImagePositionPatient (0020,0032): the centre of the first pixel, 3 values in millimetres.</param>
    /// <param name="orientation">
    /// ImageOrientationPatient (0020,0037): 6 values. The first three are the direction along a row, the last three that down a column.
    /// </param>
    /// <param name="pixelSpacing">PixelSpacing (0028,0030): the distance between rows, then between columns, in millimetres.</param>
    /// <returns>The geometry of a slice whose pixels have DICOM's order: row by row, each from left to right.</returns>
    /// <exception cref="ArgumentException">
    /// The number of values is wrong, a value is no finite number, or the two directions are not of length 1 and at a right angle.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A spacing is not above 0.</exception>
    public static SliceGeometry FromDicom(
        IReadOnlyList<double> position,
        IReadOnlyList<double> orientation,
        IReadOnlyList<double> pixelSpacing)
    {
        CheckValues(position, 3, nameof(position));
        CheckValues(orientation, 6, nameof(orientation));
        CheckValues(pixelSpacing, 2, nameof(pixelSpacing));
        CheckSpacing(pixelSpacing[0], nameof(pixelSpacing));
        CheckSpacing(pixelSpacing[1], nameof(pixelSpacing));

        // Files round directions to a few decimals.
        const double Tolerance = 1e-3;
        double[] along = [.. orientation.Take(3)], down = [.. orientation.Skip(3)];
        if (Math.Abs(Dot(along, along) - 1) > Tolerance || Math.Abs(Dot(down, down) - 1) > Tolerance
            || Math.Abs(Dot(along, down)) > Tolerance)
        {
            throw new ArgumentException(
                $"The directions {string.Join(' ', orientation.Select(Text))} must have length 1 and be at a right angle.",
                nameof(orientation));
        }

        double[] through =
        [
            (down[1] * along[2]) - (down[2] * along[1]),
            (down[2] * along[0]) - (down[0] * along[2]),
            (down[0] * along[1]) - (down[1] * along[0]),
        ];
        int[] signs = [-1, -1, 1];
        return new(pixelSpacing[0], pixelSpacing[1],
        [
            .. Enumerable.Range(0, 3).SelectMany(axis => new[]
            {
                // Without this, a direction of exactly 0 would become a negative zero.
                (signs[axis] * down[axis] * pixelSpacing[0]) + 0.0, (signs[axis] * along[axis] * pixelSpacing[1]) + 0.0,
                (signs[axis] * through[axis]) + 0.0, (signs[axis] * position[axis]) + 0.0,
            }),
            0, 0, 0, 1,
        ]);

        static double Dot(double[] one, double[] other) => one.Zip(other, (a, b) => a * b).Sum();
    }

    /// <summary>The world coordinates of a pixel, in millimetres.</summary>
    internal (double X, double Y, double Z) At(double row, double column)
    {
        return (Coordinate(0), Coordinate(4), Coordinate(8));

        double Coordinate(int at) => (Affine[at] * row) + (Affine[at + 1] * column) + Affine[at + 3];
    }

    /// <summary>
    /// The directions in the body in which rows and columns are counted: right, left, front, back, top or bottom, whichever is nearest.
    /// Null if the position is not known. World coordinates of NIfTI grow to the right, to the front and upwards.
    /// </summary>
    internal string? DirectionText()
    {
        return HasPosition ? $"rows to the {Toward(0)}, columns to the {Toward(1)}" : null;

        string Toward(int axis)
        {
            double[] step = [Affine[axis], Affine[axis + 4], Affine[axis + 8]];
            int main = Array.IndexOf(step, step.MaxBy(Math.Abs));
            return (main, step[main] > 0) switch
            {
                (0, true) => "right",
                (0, false) => "left",
                (1, true) => "front",
                (1, false) => "back",
                (2, true) => "top",
                _ => "bottom",
            };
        }
    }

    /// <summary>The affine as text, row by row, for messages.</summary>
    internal string AffineText()
    {
        return $"[{string.Join("; ", Affine.Take(12).Chunk(4).Select(row => string.Join(' ', row.Select(Text))))}]";
    }

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    private static void CheckSpacing(double spacing, string name)
    {
        if (!(spacing > 0) || !double.IsFinite(spacing))
        {
            throw new ArgumentOutOfRangeException(name, spacing, "A spacing must be a number of millimetres above 0.");
        }
    }

    private static void CheckValues(IReadOnlyList<double> values, int count, string name)
    {
        ArgumentNullException.ThrowIfNull(values, name);
        if (values.Count != count || values.Any(value => !double.IsFinite(value)))
        {
            throw new ArgumentException(
                $"There must be {count} finite numbers, but the values are {string.Join(' ', values.Select(Text))}.", name);
        }
    }
}
