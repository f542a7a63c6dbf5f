using System.Buffers.Binary;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>Windows bitmap.</summary>
internal sealed class BmpFormat : SkiaFormat
{
    public override ImageFormat Format => ImageFormat.Bmp;

    public override IReadOnlyList<string> Extensions { get; } = [".bmp"];

    public override int ExactBits => 8;

    /// <summary>
    /// Two letters alone are weak evidence. So the size of the header that follows must also be the size of a bitmap header.
    /// </summary>
    public override bool Matches(ReadOnlySpan<byte> start) =>
        start is [(byte)'B', (byte)'M', ..]
        && start.Length >= 26
        && BinaryPrimitives.ReadInt32LittleEndian(start[14..]) is >= 12 and <= 124;

    protected override bool HasGreyTable(ReadOnlySpan<byte> start)
    {
        int headerSize = BinaryPrimitives.ReadInt32LittleEndian(start[14..]), table = 14 + headerSize;
        if (start.Length < 54 || table >= start.Length)
        {
            return false;
        }

        // The header of OS/2 bitmaps is shorter, and the entries of their colour tables have three bytes.
        bool old = headerSize < 40;
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(start[(old ? 24 : 28)..]), entryBytes = old ? 3 : 4;
        if (bits is < 1 or > 8)
        {
            return false;
        }

        int used = old ? 0 : BinaryPrimitives.ReadInt32LittleEndian(start[46..]);
        int tableBytes = (used is > 0 and <= 256 ? used : 1 << bits) * entryBytes;
        return table + tableBytes <= start.Length && ColourTable.IsGrey(start.Slice(table, tableBytes), entryBytes);
    }
}
