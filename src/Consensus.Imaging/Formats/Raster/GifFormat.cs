namespace Consensus.Imaging.Formats.Raster;

/// <summary>GIF.</summary>
internal sealed class GifFormat : SkiaFormat
{
    private const byte Extension = 0x21, Image = 0x2C;

    public override ImageFormat Format => ImageFormat.Gif;

    public override IReadOnlyList<string> Extensions { get; } = [".gif"];

    public override int ExactBits => 8;

    public override bool Matches(ReadOnlySpan<byte> start) => start is [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..];

    protected override bool HasGreyTable(ReadOnlySpan<byte> start)
    {
        // The global table of colours follows the header.
        int at = 13;
        ReadOnlySpan<byte> table = ReadTable(start, flags: 10, at);
        at += table.Length;
        while (at + 1 < start.Length && start[at] == Extension)
        {
            for (at += 2; at < start.Length && start[at] != 0; at += start[at] + 1)
            {
            }

            at++;
        }

        // A table of the image itself replaces the global one.
        if (at + 10 <= start.Length && start[at] == Image && HasTable(start[at + 9]))
        {
            table = ReadTable(start, flags: at + 9, at + 10);
        }

        return ColourTable.IsGrey(table, 3);
    }

    /// <summary>
    /// The table that a byte of flags announces. Empty if there is no table, or if it lies beyond the first bytes of the file.
    /// </summary>
    private static ReadOnlySpan<byte> ReadTable(ReadOnlySpan<byte> file, int flags, int at)
    {
        if (flags >= file.Length || !HasTable(file[flags]))
        {
            return [];
        }

        int size = 3 << ((file[flags] & 7) + 1);
        return at + size <= file.Length ? file.Slice(at, size) : [];
    }

    private static bool HasTable(byte flags) => (flags & 0x80) != 0;
}
