namespace Consensus.Imaging.Formats.Raster;

/// <summary>Tables of colours, as palettes of PNG, BMP and GIF store them.</summary>
internal static class ColourTable
{
    /// <summary>Whether a table has entries and all of them are grey: a picture with such a table has one channel.</summary>
    /// <param name="table">The entries. Each begins with its three colours, in any order.</param>
    /// <param name="entryBytes">Bytes of an entry: 3 or 4.</param>
    public static bool IsGrey(ReadOnlySpan<byte> table, int entryBytes)
    {
        for (int i = 0; i + 2 < table.Length; i += entryBytes)
        {
            if (table[i] != table[i + 1] || table[i] != table[i + 2])
            {
                return false;
            }
        }

        return !table.IsEmpty;
    }
}
