using BitMiracle.LibTiff.Classic;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>Reads the palette of a TIFF page.</summary>
internal static class TiffPalette
{
    /// <summary>Red, green and blue of each index, 0 to 255. If all colours are grey, there is one channel instead of three.</summary>
    /// <param name="file">The file.</param>
    /// <param name="bits">Number of bits of an index.</param>
    /// <exception cref="InvalidDataException">There is no palette for indices of 8 bits or fewer, or it is too short.</exception>
    public static byte[][] Read(TiffDocument file, int bits)
    {
        FieldValue[]? map = bits <= 8 ? file.Tiff.GetField(TiffTag.COLORMAP) : null;
        if (map is not { Length: 3 })
        {
            throw file.Damaged("it has no palette of 8 bits or fewer");
        }

        ushort[][] stored = [.. map.Select(colour => Array.ConvertAll(colour.ToShortArray(), value => (ushort)value))];
        if (stored.Any(colour => colour.Length < 1 << bits))
        {
            throw file.Damaged("its palette is too short");
        }

        // Colours should have 16 bits, but some programs write 8 bits.
        int shift = stored.All(colour => colour.All(value => value <= byte.MaxValue)) ? 0 : 8;
        byte[][] palette = [.. stored.Select(colour => Array.ConvertAll(colour, value => (byte)(value >> shift)))];
        return palette[0].SequenceEqual(palette[1]) && palette[0].SequenceEqual(palette[2]) ? [palette[0]] : palette;
    }
}
