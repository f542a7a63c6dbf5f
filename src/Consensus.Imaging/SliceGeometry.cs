using System.Globalization;

namespace Consensus.Imaging;

/// <summary>Where a slice lies in space: what a file must carry so that a prediction lines up with its image.</summary>
/// <param name="SpacingRows">Distance between two rows, in millimetres (1 where the file does not say).</param>
/// <param name="SpacingColumns">Distance between two columns, in millimetres (1 where the file does not say).</param>
/// <param name="Affine">
/// The 4×4 matrix from (row, column, slice, 1) to world coordinates in millimetres, row-major, 16 values; the identity where
/// the file does not say.
/// </param>
public sealed record SliceGeometry(double SpacingRows, double SpacingColumns, IReadOnlyList<double> Affine)
{
    /// <summary>Unit spacing and the identity matrix, neither of them known: for images without a geometry, such as PNG files.</summary>
    public static SliceGeometry None { get; } =
        new(1, 1, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]) { HasPosition = false, HasSpacing = false };

    /// <summary>
    /// Whether <see cref="Affine"/> is known: of NIfTI, whether sform or qform has a code above 0 and a usable matrix. Only then can the
    /// slice be compared in space with another; else it is taken to lie as its neighbours do.
    /// </summary>
    public bool HasPosition { get; init; } = true;

    /// <summary>
    /// Whether the spacing is known to be millimetres, so that distances are reported in them and not in pixels. Of NIfTI:
    /// another spacing than 1×1, or a position together with a unit or an affine other than the identity, which is what writers
    /// of plain arrays leave.
    /// </summary>
    public bool HasSpacing { get; init; } = true;

    /// <summary>The world coordinates of a pixel, in millimetres.</summary>
    internal (double X, double Y, double Z) At(double row, double column)
    {
        return (Coordinate(0), Coordinate(4), Coordinate(8));

        double Coordinate(int at) => (Affine[at] * row) + (Affine[at + 1] * column) + Affine[at + 3];
    }

    /// <summary>
    /// Where in the body rows and columns are counted to, each by the nearest of right, left, anterior, posterior, superior and inferior;
    /// null where the position is not known. World coordinates of NIfTI grow to the right, to the front and upwards.
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

    /// <summary>The affine as people write it, row by row, for messages.</summary>
    internal string AffineText()
    {
        return $"[{string.Join("; ", Affine.Take(12).Chunk(4).Select(row => string.Join(' ', row.Select(Text))))}]";

        static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
    }
}
