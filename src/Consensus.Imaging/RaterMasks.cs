using System.Globalization;

namespace Consensus.Imaging;

/// <summary>The binary masks that several raters drew on one slice: raters × height × width values of 0 or 1.</summary>
public sealed class RaterMasks
{
    /// <summary>Creates masks from <paramref name="pixels"/>. The array is not copied, and this object owns it.</summary>
    /// <param name="raters">Number of raters, at least 1.</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <param name="pixels">0 or 1, rater by rater, row by row: exactly raters × height × width values.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is below 1.</exception>
    /// <exception cref="ArgumentException">The number of values is wrong, or a value is neither 0 nor 1.</exception>
    public RaterMasks(int raters, int height, int width, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(raters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.LongLength != (long)raters * height * width)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{raters} masks of {height}×{width} have {(long)raters * height * width} values, but {pixels.LongLength} were given."),
                nameof(pixels));
        }

        int wrong = pixels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)1);
        if (wrong >= 0)
        {
            throw new ArgumentException($"A mask holds 0 and 1 only, but value {wrong} is {pixels[wrong]}.", nameof(pixels));
        }

        Raters = raters;
        Height = height;
        Width = width;
        Pixels = pixels;
    }

    /// <summary>Makes masks of slices in memory, one for each rater. A pixel is marked when its value is not 0.</summary>
    /// <param name="masks">One slice for each rater, of one channel and one size; at least one.</param>
    /// <exception cref="ArgumentException">
    /// There is no slice, or a slice has several channels or another size than the first; the message names it.
    /// </exception>
    /// <exception cref="InvalidDataException">A slice holds more than one value beside 0, or one that is no number.</exception>
    public static RaterMasks FromSlices(IReadOnlyList<Slice> masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.Count == 0)
        {
            throw new ArgumentException("At least one mask is needed, but none was given.", nameof(masks));
        }

        (int height, int width) = (masks[0].Height, masks[0].Width);
        var pixels = new byte[checked(masks.Count * height * width)];
        for (int rater = 0; rater < masks.Count; rater++)
        {
            Slice mask = masks[rater];
            string name = mask.Source is { } source ? $"'{source}'" : string.Create(CultureInfo.InvariantCulture, $"Mask {rater + 1}");
            if (mask.Channels != 1 || mask.Height != height || mask.Width != width)
            {
                throw new ArgumentException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} has {mask.Channels}×{mask.Height}×{mask.Width} values (channels × height × width), where the first mask has "
                    + $"1×{height}×{width}."), nameof(masks));
            }

            MaskMarks.MarkNonZero(mask.Pixels, pixels.AsSpan(rater * height * width, height * width), name);
        }

        return new(masks.Count, height, width, pixels);
    }

    /// <summary>Number of raters.</summary>
    public int Raters { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>Number of columns.</summary>
    public int Width { get; }

    /// <summary>0 or 1, rater by rater, row by row.</summary>
    public byte[] Pixels { get; }

    /// <summary>The mask of one rater, row by row.</summary>
    /// <param name="rater">The rater, from 0.</param>
    public ReadOnlySpan<byte> Rater(int rater)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rater);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rater, Raters);
        return Pixels.AsSpan(rater * Height * Width, Height * Width);
    }
}
