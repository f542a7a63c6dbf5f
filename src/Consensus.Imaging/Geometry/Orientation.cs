namespace Consensus.Imaging.Geometry;

/// <summary>
/// How a stored picture is turned before it is shown: the Orientation tag of TIFF and EXIF, 1 to 8. People draw masks on the shown
/// picture.
/// </summary>
/// <param name="Height">Number of rows of the shown picture.</param>
/// <param name="Width">Number of columns of the shown picture.</param>
/// <param name="First">Index of the first stored pixel in the shown picture, row by row.</param>
/// <param name="RowStep">Difference of this index between a stored row and the next.</param>
/// <param name="ColumnStep">Difference of this index between a stored column and the next.</param>
internal readonly record struct Orientation(int Height, int Width, int First, int RowStep, int ColumnStep)
{
    /// <summary>The tag of a picture that is shown as stored.</summary>
    public const int Upright = 1;

    /// <param name="tag">The tag's value. An undefined value counts as 1, upright.</param>
    /// <param name="height">Number of stored rows.</param>
    /// <param name="width">Number of stored columns.</param>
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

    /// <summary>Copies a part of a stored row of one channel to its place in the shown picture.</summary>
    /// <param name="values">
    /// The stored values, pixel by pixel, with <paramref name="samples"/> values per pixel. The first value belongs to the wanted channel.
    /// </param>
    /// <param name="samples">Number of values per pixel.</param>
    /// <param name="row">The stored row.</param>
    /// <param name="column">The first stored column.</param>
    /// <param name="count">Number of pixels.</param>
    /// <param name="plane">Receives the values of the shown channel.</param>
    public void Place(ReadOnlySpan<float> values, int samples, int row, int column, int count, Span<float> plane)
    {
        int target = First + (row * RowStep) + (column * ColumnStep);
        for (int i = 0; i < count; i++, target += ColumnStep)
        {
            plane[target] = values[i * samples];
        }
    }
}
