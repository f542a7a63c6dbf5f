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
