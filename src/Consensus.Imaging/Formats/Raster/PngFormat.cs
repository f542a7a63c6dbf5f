namespace Consensus.Imaging.Formats.Raster;

/// <summary>Portable Network Graphics.</summary>
internal sealed class PngFormat : RasterFormat
{
    public override ImageFormat Format => ImageFormat.Png;

    public override IReadOnlyList<string> Extensions { get; } = [".png"];

    public override int ExactBits => 16;

    public override bool Matches(ReadOnlySpan<byte> start) => start is [0x89, (byte)'P', (byte)'N', (byte)'G', ..];

    public override Slice Read(Stream stream, string path) => PngReader.Read(stream, path);

    public override (int Channels, int Height, int Width) ReadSize(Stream stream, string path) => PngReader.ReadSize(stream, path);
}
