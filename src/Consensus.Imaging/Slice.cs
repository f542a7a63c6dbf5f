using System.Globalization;

namespace Consensus.Imaging;

/// <summary>
/// One image slice in memory: channels × height × width single-precision values. Rows run along the first stored axis
/// of a NIfTI file and columns along its second, as in the arrays that nibabel gives and the published implementation trains on.
/// </summary>
public sealed class Slice
{
    /// <summary>Creates a slice over <paramref name="pixels"/>, which it then owns.</summary>
    /// <param name="channels">Number of channels (modalities), at least 1.</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <param name="pixels">The values, channel by channel, row by row: exactly channels × height × width of them.</param>
    /// <param name="geometry">Where the slice lies in space; <see cref="SliceGeometry.None"/> when null.</param>
    /// <param name="source">The file it came from, for messages; null when it came from memory.</param>
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

    /// <summary>The file it came from, for messages; null when it came from memory.</summary>
    public string? Source { get; }

    /// <summary>
    /// The stored axis of its file that it lies along: that of the cut volume, or the one of length 1; null where nothing tells it.
    /// </summary>
    internal int? Axis { get; init; }
}
