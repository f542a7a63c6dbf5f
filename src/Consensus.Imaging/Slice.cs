using System.Globalization;

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
