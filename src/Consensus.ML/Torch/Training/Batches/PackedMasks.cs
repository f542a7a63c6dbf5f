using System.Buffers.Binary;
using Consensus.Imaging;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>
/// The raters' masks of a training case at their original size, with eight pixels in a byte. They take an eighth of the memory of bytes.
/// </summary>
internal sealed class PackedMasks
{
    // The eight pixels of each byte value; the first pixel is the lowest bit.
    private static readonly ulong[] Eight = [.. Enumerable.Range(0, 256).Select(Spread)];

    private readonly Func<byte[]> _bits;

    /// <param name="raters">Number of raters.</param>
    /// <param name="height">Rows of a mask.</param>
    /// <param name="width">Columns of a mask.</param>
    /// <param name="bits">Reads <see cref="Bits"/> from where they are stored.</param>
    public PackedMasks(int raters, int height, int width, Func<byte[]> bits) =>
        (Raters, Height, Width, _bits) = (raters, height, width, bits);

    /// <summary>Packs masks of one byte a pixel.</summary>
    /// <param name="raters">Number of raters.</param>
    /// <param name="height">Rows of a mask.</param>
    /// <param name="width">Columns of a mask.</param>
    /// <param name="pixels">0 or 1: raters × height × width.</param>
    public PackedMasks(int raters, int height, int width, byte[] pixels)
    {
        byte[] bits = Pack(pixels);
        (Raters, Height, Width, _bits) = (raters, height, width, () => bits);
    }

    public int Raters { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Number of values.</summary>
    public int Count => Raters * Height * Width;

    /// <summary>
    /// One bit a pixel, rater by rater, row by row; the first pixel is the lowest bit of the first byte. Callers must not change them.
    /// </summary>
    public byte[] Bits => _bits();

    public static implicit operator PackedMasks(RaterMasks masks) => new(masks.Raters, masks.Height, masks.Width, masks.Pixels);

    /// <summary>Writes 0 or 1 for each pixel, rater by rater, row by row, into the first <see cref="Count"/> bytes.</summary>
    public void UnpackTo(Span<byte> pixels)
    {
        byte[] bits = _bits();
        pixels = pixels[..Count];
        int at = 0;
        for (; at + 8 <= pixels.Length; at += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(pixels[at..], Eight[bits[at / 8]]);
        }

        for (; at < pixels.Length; at++)
        {
            pixels[at] = (byte)((bits[at / 8] >> (at % 8)) & 1);
        }
    }

    public RaterMasks Unpack()
    {
        byte[] pixels = new byte[Count];
        UnpackTo(pixels);
        return new(Raters, Height, Width, pixels);
    }

    private static byte[] Pack(ReadOnlySpan<byte> pixels)
    {
        byte[] bits = new byte[(pixels.Length + 7) / 8];
        int at = 0;
        for (; at + 8 <= pixels.Length; at += 8)
        {
            // The multiplication moves the lowest bit of byte k to bit 56 + k.
            bits[at / 8] = (byte)((BinaryPrimitives.ReadUInt64LittleEndian(pixels[at..]) * 0x0102040810204080) >> 56);
        }

        for (; at < pixels.Length; at++)
        {
            bits[at / 8] |= (byte)(pixels[at] << (at % 8));
        }

        return bits;
    }

    private static ulong Spread(int bits) =>
        Enumerable.Range(0, 8).Aggregate(0UL, (spread, bit) => spread | ((ulong)((bits >> bit) & 1) << (8 * bit)));
}
