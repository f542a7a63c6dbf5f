using System.Numerics;

namespace Consensus.Imaging.Metrics;

/// <summary>
/// Masks of the same size, stored with one bit per pixel. So the overlaps between hundreds of samples can be counted fast.
/// </summary>
internal sealed class BinaryMasks
{
    private readonly ulong[][] _bits;

    public BinaryMasks(RaterMasks masks)
    {
        Pixels = masks.Height * masks.Width;
        _bits = [.. Enumerable.Range(0, masks.Raters).Select(mask => Pack(masks.Rater(mask)))];
        Areas = [.. _bits.Select(bits => bits.Sum(word => (long)BitOperations.PopCount(word)))];
        Union = Or(_bits);
    }

    private BinaryMasks(long pixels, ulong[][] bits, IReadOnlyList<long> areas) =>
        (Pixels, _bits, Areas, Union) = (pixels, bits, areas, Or(bits));

    public int Count => _bits.Length;

    /// <summary>Number of pixels of a mask, marked or not.</summary>
    public long Pixels { get; }

    /// <summary>Number of marked pixels of each mask.</summary>
    public IReadOnlyList<long> Areas { get; }

    /// <summary>The pixels that at least one mask marks, one bit per pixel.</summary>
    public ulong[] Union { get; }

    /// <summary>The masks of several slices as those of one larger slice, mask by mask. Each slice has as many masks.</summary>
    public static BinaryMasks Join(IReadOnlyList<BinaryMasks> slices)
    {
        long pixels = slices.Sum(slice => slice.Pixels);
        var bits = new ulong[slices[0].Count][];
        for (int mask = 0; mask < bits.Length; mask++)
        {
            bits[mask] = new ulong[(pixels + 63) / 64];
            long at = 0;
            foreach (BinaryMasks slice in slices)
            {
                // Bits behind the last pixel of a slice are 0, so the next slice can start within a word.
                int shift = (int)(at % 64);
                for (int i = 0; i < slice._bits[mask].Length; i++)
                {
                    ulong word = slice._bits[mask][i];
                    bits[mask][(at / 64) + i] |= word << shift;
                    if (shift > 0 && word >> (64 - shift) is not 0 and ulong rest)
                    {
                        bits[mask][(at / 64) + i + 1] |= rest;
                    }
                }

                at += slice.Pixels;
            }
        }

        return new(pixels, bits, [.. Enumerable.Range(0, bits.Length).Select(mask => slices.Sum(slice => slice.Areas[mask]))]);
    }

    /// <summary>Number of pixels that two masks both mark.</summary>
    public static long Shared(ReadOnlySpan<ulong> one, ReadOnlySpan<ulong> other)
    {
        long shared = 0;
        for (int i = 0; i < one.Length; i++)
        {
            shared += BitOperations.PopCount(one[i] & other[i]);
        }

        return shared;
    }

    /// <summary>Number of pixels that a mask of this set and a mask of another set both mark.</summary>
    public long Shared(int mask, BinaryMasks others, int other) => Shared(_bits[mask], others._bits[other]);

    /// <summary>Whether a mask marks a pixel.</summary>
    public bool IsMarked(int mask, int pixel) => ((_bits[mask][pixel / 64] >> (pixel % 64)) & 1) == 1;

    /// <summary>For each pixel, the number of masks that mark it.</summary>
    public int[] Votes()
    {
        var votes = new int[Pixels];
        foreach (ulong[] bits in _bits)
        {
            for (int i = 0; i < bits.Length; i++)
            {
                for (ulong left = bits[i]; left != 0; left &= left - 1)
                {
                    votes[(64 * i) + BitOperations.TrailingZeroCount(left)]++;
                }
            }
        }

        return votes;
    }

    private static ulong[] Pack(ReadOnlySpan<byte> mask)
    {
        var bits = new ulong[(mask.Length + 63) / 64];
        for (int i = 0; i < mask.Length; i++)
        {
            bits[i / 64] |= (ulong)mask[i] << (i % 64);
        }

        return bits;
    }

    private static ulong[] Or(ulong[][] masks)
    {
        var union = new ulong[masks[0].Length];
        foreach (ulong[] mask in masks)
        {
            for (int i = 0; i < union.Length; i++)
            {
                union[i] |= mask[i];
            }
        }

        return union;
    }
}
