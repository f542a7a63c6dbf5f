namespace Consensus.Imaging.Formats.Raster;

/// <summary>JPEG.</summary>
internal sealed class JpegFormat : SkiaFormat
{
    public override ImageFormat Format => ImageFormat.Jpeg;

    public override IReadOnlyList<string> Extensions { get; } = [".jpg", ".jpeg"];

    public override int ExactBits => 0;

    public override bool Matches(ReadOnlySpan<byte> start) => start is [0xFF, 0xD8, 0xFF, ..];
}
