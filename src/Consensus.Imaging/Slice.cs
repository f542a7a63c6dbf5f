using System.Globalization;
using System.Numerics;

namespace Consensus.Imaging;

/// <summary>
/// One image slice in memory: channels × height × width single-precision values. The first stored axis of a NIfTI file is counted by rows
/// and its second axis by columns, as in the arrays of nibabel, on which the published implementation trains.
/// </summary>
public sealed class Slice
{
    /// <summary>Creates a slice from <paramref name="pixels"/>. The array is not copied, and the slice owns it.</summary>
    /// <param name="channels">Number of channels (modalities), at least 1.</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <param name="pixels">The values, channel by channel, row by row: exactly channels × height × width of them.</param>
    /// <param name="geometry">The geometry of the slice in space. Null means <see cref="SliceGeometry.None"/>.</param>
    /// <param name="source">The file that the slice was read from, for messages. Null if it was made in memory.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is below 1.</exception>
    /// <exception cref="ArgumentException">The number of values is not channels × height × width.</exception>
    public Slice(int channels, int height, int width, float[] pixels, SliceGeometry? geometry = null, string? source = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.LongLength != (long)channels * height * width)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"A slice of {channels}×{height}×{width} has {(long)channels * height * width} values, but {pixels.LongLength} were "
                + $"given."), nameof(pixels));
        }

        Channels = channels;
        Height = height;
        Width = width;
        Pixels = pixels;
        Geometry = geometry ?? SliceGeometry.None;
        Source = source;
    }

    /// <summary>
    /// Makes a slice of pixels of any type of number: what a camera or the reader of another format gives. The pixels are copied.
    /// </summary>
    /// <typeparam name="T">The type of the pixels, such as byte, ushort, short or float.</typeparam>
    /// <param name="pixels">Exactly channels × height × width values, row by row.</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <param name="channels">Number of channels, at least 1.</param>
    /// <param name="interleaved">
    /// Whether the values of a pixel's channels follow one another (RGBRGB…, as cameras give them). Otherwise the channels do.
    /// </param>
    /// <param name="geometry">Where the slice lies in space; <see cref="SliceGeometry.None"/> when null.</param>
    /// <param name="source">A name for messages; may be null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is below 1.</exception>
    /// <exception cref="ArgumentException">The number of values is not channels × height × width.</exception>
    public static Slice FromPixels<T>(
        ReadOnlySpan<T> pixels,
        int height,
        int width,
        int channels = 1,
        bool interleaved = false,
        SliceGeometry? geometry = null,
        string? source = null)
        where T : unmanaged, INumberBase<T>
    {
        var values = new float[pixels.Length];
        for (int at = 0; at < values.Length; at++)
        {
            values[at] = float.CreateTruncating(pixels[at]);
        }

        var slice = new Slice(channels, height, width, values, geometry, source);
        if (interleaved && channels > 1)
        {
            int size = height * width;
            for (int at = 0; at < values.Length; at++)
            {
                (int channel, int pixel) = Math.DivRem(at, size);
                values[at] = float.CreateTruncating(pixels[(pixel * channels) + channel]);
            }
        }

        return slice;
    }

    /// <summary>
    /// The slice with rows and columns exchanged, its geometry too: it lies where it lay. NIfTI stores the axis from left to right first,
    /// so its rows run from left to right; the rows of pictures and of DICOM run from top to bottom. A model sees the pixels alone, so a
    /// model that was trained on one of them needs the other transposed.
    /// </summary>
    public Slice Transpose()
    {
        var turned = new float[Pixels.Length];
        for (int channel = 0; channel < Channels; channel++)
        {
            int plane = channel * Height * Width;
            for (int row = 0; row < Height; row++)
            {
                for (int column = 0; column < Width; column++)
                {
                    turned[plane + (column * Height) + row] = Pixels[plane + (row * Width) + column];
                }
            }
        }

        IReadOnlyList<double> affine = Geometry.Affine;
        return new(Channels, Width, Height, turned, Geometry with
        {
            SpacingRows = Geometry.SpacingColumns,
            SpacingColumns = Geometry.SpacingRows,
            Affine = [.. affine.Select((_, at) => affine[(at % 4) switch { 0 => at + 1, 1 => at - 1, _ => at }])],
        }, Source);
    }

    /// <summary>Number of channels (modalities).</summary>
    public int Channels { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>Number of columns.</summary>
    public int Width { get; }

    /// <summary>The values, channel by channel, row by row, in the units of the source (after its slope and intercept).</summary>
    public float[] Pixels { get; }

    /// <summary>Where the slice lies in space.</summary>
    public SliceGeometry Geometry { get; }

    /// <summary>The file that the slice was read from, for messages. Null if it was made in memory.</summary>
    public string? Source { get; }

    /// <summary>
    /// The axis of the file that the slice lies across: the axis along which the volume was cut, or the axis of length 1. Null if it is
    /// not known.
    /// </summary>
    internal int? Axis { get; init; }
}
