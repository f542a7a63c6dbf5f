namespace Consensus.Imaging.Geometry;

/// <summary>
/// How a stored picture is turned before it is shown: the Orientation tag of TIFF and EXIF, 1 to 8. Masks are drawn on the
/// picture as it is shown.
/// </summary>
/// <param name="Height">Rows as shown.</param>
/// <param name="Width">Columns as shown.</param>
/// <param name="First">Where the first stored pixel goes, counted row by row as shown.</param>
/// <param name="RowStep">How far from there each stored row moves on.</param>
/// <param name="ColumnStep">How far each stored column moves on.</param>
internal readonly record struct Orientation(int Height, int Width, int First, int RowStep, int ColumnStep)
{
    /// <summary>The tag of a picture that is shown as stored.</summary>
    public const int Upright = 1;

    /// <param name="tag">The tag's value; one that is not defined counts as 1, upright.</param>
    /// <param name="height">Rows as stored.</param>
    /// <param name="width">Columns as stored.</param>
    public static Orientation FromTag(int tag, int height, int width) => tag switch
    {
        2 => new(height, width, width - 1, width, -1),
        3 => new(height, width, (height * width) - 1, -width, -1),
        4 => new(height, width, (height - 1) * width, -width, 1),
        5 => new(width, height, 0, 1, height),
        6 => new(width, height, height - 1, -1, height),
        7 => new(width, height, (height * width) - 1, -1, -height),
        8 => new(width, height, (width - 1) * height, 1, -height),
        _ => new(height, width, 0, width, 1),
    };

    /// <summary>Puts a part of a stored row of one channel where it is shown.</summary>
    /// <param name="values">
    /// The stored values: of one pixel after another, <paramref name="samples"/> each, beginning with the wanted one.
    /// </param>
    /// <param name="samples">Values a pixel.</param>
    /// <param name="row">The stored row.</param>
    /// <param name="column">The first stored column.</param>
    /// <param name="count">Number of pixels.</param>
    /// <param name="plane">The channel as shown.</param>
    public void Place(ReadOnlySpan<float> values, int samples, int row, int column, int count, Span<float> plane)
    {
        int target = First + (row * RowStep) + (column * ColumnStep);
        for (int i = 0; i < count; i++, target += ColumnStep)
        {
            plane[target] = values[i * samples];
        }
    }
}
