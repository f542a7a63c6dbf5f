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

    public int Count => _bits.Length;

    /// <summary>Number of pixels of a mask, marked or not.</summary>
    public long Pixels { get; }

    /// <summary>Number of marked pixels of each mask.</summary>
    public IReadOnlyList<long> Areas { get; }

    /// <summary>The pixels that at least one mask marks, one bit per pixel.</summary>
    public ulong[] Union { get; }

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
