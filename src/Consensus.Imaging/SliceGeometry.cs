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

        static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
    }
}
