namespace Consensus.Imaging.Augmentation;

/// <summary>
/// A random smooth displacement of a slice's pixels. The control points of a coarse grid have independent, normally distributed
/// displacements. A uniform cubic B-spline interpolates between them (free-form deformation, Rueckert et al. 1999; random displacements as
/// in Ronneberger et al. 2015, section 3.1).
/// </summary>
internal sealed class SmoothField
{
    // The grid is as coarse as that of the published U-Net: four control points span a slice. The spline needs one more ring of points.
    private const int Intervals = 3, Points = Intervals + 3;

    private readonly double _rowScale, _columnScale;

    /// <param name="rows">Displacement along rows at each control point, in pixels; row by row.</param>
    /// <param name="columns">Displacement along columns at each control point, in pixels; row by row.</param>
    /// <param name="height">Rows of the slice.</param>
    /// <param name="width">Columns of the slice.</param>
    public SmoothField(double[] rows, double[] columns, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Length, Count, nameof(rows));
        ArgumentOutOfRangeException.ThrowIfNotEqual(columns.Length, Count, nameof(columns));
        (Rows, Columns, Height, Width) = (rows, columns, height, width);
        (_rowScale, _columnScale) = ((double)Intervals / height, (double)Intervals / width);
    }

    /// <summary>Number of control points.</summary>
    public static int Count => Points * Points;

    /// <summary>Displacement along rows at each control point, in pixels; row by row.</summary>
    public double[] Rows { get; }

    /// <summary>Displacement along columns at each control point, in pixels; row by row.</summary>
    public double[] Columns { get; }

    /// <summary>Rows of the slice.</summary>
    public int Height { get; }

    /// <summary>Columns of the slice.</summary>
    public int Width { get; }

    /// <summary>Draws a field.</summary>
    /// <param name="deviation">Standard deviation of the control points' displacements, as a share of each side.</param>
    /// <param name="height">Rows of the slice.</param>
    /// <param name="width">Columns of the slice.</param>
    /// <param name="random">The source of the random numbers.</param>
    public static SmoothField Draw(double deviation, int height, int width, Random random)
    {
        return new(Displacements(height), Displacements(width), height, width);

        double[] Displacements(int side) => [.. Enumerable.Range(0, Count).Select(_ => deviation * side * Normal())];

        // The method of Box and Muller (1958).
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    /// <summary>The displacement at a position in the slice, in pixels.</summary>
    public (double Rows, double Columns) At(double row, double column)
    {
        (int firstRow, double atRow) = Cell((row + 0.5) * _rowScale);
        (int firstColumn, double atColumn) = Cell((column + 0.5) * _columnScale);
        Span<double> alongRows = stackalloc double[4], alongColumns = stackalloc double[4];
        Spline(atRow, alongRows);
        Spline(atColumn, alongColumns);
        double rows = 0, columns = 0;
        for (int i = 0; i < 4; i++)
        {
            int at = ((firstRow + i) * Points) + firstColumn;
            for (int j = 0; j < 4; j++)
            {
                double weight = alongRows[i] * alongColumns[j];
                rows += weight * Rows[at + j];
                columns += weight * Columns[at + j];
            }
        }

        return (rows, columns);
    }

    private static (int First, double At) Cell(double position)
    {
        int first = Math.Clamp((int)Math.Floor(position), 0, Intervals - 1);
        return (first, Math.Clamp(position - first, 0, 1));
    }

    /// <summary>The four cubic B-spline weights, which sum to 1.</summary>
    private static void Spline(double t, Span<double> weights)
    {
        weights[0] = (1 - t) * (1 - t) * (1 - t) / 6;
        weights[1] = ((3 * t * t * t) - (6 * t * t) + 4) / 6;
        weights[2] = ((-3 * t * t * t) + (3 * t * t) + (3 * t) + 1) / 6;
        weights[3] = t * t * t / 6;
    }
}
