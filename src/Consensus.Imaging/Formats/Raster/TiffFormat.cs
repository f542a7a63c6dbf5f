namespace Consensus.Imaging.Formats.Raster;

/// <summary>TIFF and BigTIFF.</summary>
internal sealed class TiffFormat : RasterFormat
{
    public override ImageFormat Format => ImageFormat.Tiff;

    public override IReadOnlyList<string> Extensions { get; } = [".tif", ".tiff"];

    public override int ExactBits => 64;

    public override bool Matches(ReadOnlySpan<byte> start) =>
        start is [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..];

    public override Slice Read(Stream stream, string path) => TiffReader.Read(stream, path);

    public override (int Channels, int Height, int Width) ReadSize(Stream stream, string path) => TiffReader.ReadSize(stream, path);

    public override int ReadOrientation(Stream stream, string path) => TiffReader.ReadOrientation(stream, path);
}
