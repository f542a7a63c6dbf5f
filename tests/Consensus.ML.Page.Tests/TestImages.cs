using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Page.Tests;

/// <summary>Images of a few pixels whose maps are known by <see cref="HandMadeModel"/>.</summary>
internal static class TestImages
{
    public const int Height = 5, Width = 8;

    /// <summary>Where <see cref="Placed"/> lies: the first three rows of its affine.</summary>
    public static double[] Place => [2, 0, 0, 0, 0, 1.5, 0, 0, 0, 0, 3, 0];

    // No value is at a level's edge (12.5, 37.5, 62.5, 87.5). Nothing is symmetric, so that a turned or mirrored drawing differs.
    private static readonly int[] Grid =
    [
        0, 3, 20, 20, 9, 0, 0, 1,
        5, 40, 55, 41, 22, 8, 0, 0,
        7, 60, 95, 90, 70, 15, 2, 0,
        0, 30, 88, 99, 65, 0, 0, 0,
        0, 0, 25, 30, 0, 0, 0, 100,
    ];

    /// <summary>The value of a pixel of a slice: each slice has lower values than the one before.</summary>
    public static double Value(int row, int column, int slice = 0) => Math.Max(0, Grid[(row * Width) + column] - (20 * slice));

    /// <summary>A NIfTI file of one slice; its rows are 2 mm apart and its columns 1.5 mm. It does not say where it lies.</summary>
    public static byte[] Slice(bool compress = true) => Nifti(1, compress);

    /// <summary>The slices of <see cref="Volume"/>. Up to 8 would be read as channels.</summary>
    public const int Slices = 9;

    /// <summary>A NIfTI volume whose slices are 3 mm apart.</summary>
    public static byte[] Volume() => Nifti(Slices, compress: true);

    /// <summary>A NIfTI file of two channels, or of two slices, as one looks at it.</summary>
    public static byte[] TwoPlanes() => Nifti(2, compress: true);

    /// <summary>A mask of one slice.</summary>
    /// <param name="isMarked">Whether a pixel is marked, by its row and column.</param>
    /// <param name="place">The first three rows of the affine; null where the file does not say where it lies.</param>
    public static byte[] Mask(Func<int, int, bool> isMarked, double[]? place = null) => new NiftiBytes
    {
        Dimensions = [Height, Width],
        PixelDimensions = [1, 2, 1.5, 3, 1, 1, 1, 1],
        Sform = place is null ? 0 : 1,
        Rows = place ?? new double[12],
        Values =
        [
            .. from column in Enumerable.Range(0, Width)
               from row in Enumerable.Range(0, Height)
               select isMarked(row, column) ? 1.0 : 0.0,
        ],
    }.SingleFile();

    /// <summary>A mask of a volume: all pixels above 50.</summary>
    public static byte[] VolumeMask() => NiftiBytes.Gzip(new NiftiBytes
    {
        Dimensions = [Height, Width, Slices],
        PixelDimensions = [1, 2, 1.5, 3, 1, 1, 1, 1],
        Values = [.. Stored(Slices).Select(value => value > 50 ? 255.0 : 0)],
    }.SingleFile());

    /// <summary>The slice with its place in space: rows lead to the right of the body, columns to its front.</summary>
    public static byte[] Placed() => new NiftiBytes
    {
        Dimensions = [Height, Width],
        PixelDimensions = [1, 2, 1.5, 3, 1, 1, 1, 1],
        Sform = 1,
        Rows = Place,
        Values = Stored(1),
    }.SingleFile();

    /// <summary>The slice with the identity as its affine: what programs write for an array that they know nothing about.</summary>
    public static byte[] PlainArray() => new NiftiBytes
    {
        Dimensions = [Height, Width],
        Sform = 2,
        Rows = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
        Units = 0,
        Values = Stored(1),
    }.SingleFile();

    private static byte[] Nifti(int slices, bool compress)
    {
        var file = new NiftiBytes
        {
            Dimensions = slices == 1 ? [Height, Width] : [Height, Width, slices],
            PixelDimensions = [1, 2, 1.5, 3, 1, 1, 1, 1],
            Values = Stored(slices),
        };
        return compress ? NiftiBytes.Gzip(file.SingleFile()) : file.SingleFile();
    }

    /// <summary>The first axis is stored fastest.</summary>
    private static double[] Stored(int slices) =>
    [
        .. from slice in Enumerable.Range(0, slices)
           from column in Enumerable.Range(0, Width)
           from row in Enumerable.Range(0, Height)
           select Value(row, column, slice),
    ];
}
