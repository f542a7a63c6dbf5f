using Consensus.Imaging.Files;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Raster;

/// <summary>GIF files are read with the values that they store. Animations are refused.</summary>
public sealed class GifFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_GIF_is_read_as_colours_or_greys()
    {
        Slice mask = Read("mask.gif", RasterSamples.Gif([0, 0, 0, 255, 255, 255]));
        Assert.Equal(1, mask.Channels);
        Assert.Equal([0, 255, 255, 0], mask.Pixels);
        Assert.Equal((1, 2, 2), SliceReader.ReadSize(_folder["mask.gif"]));
        Assert.Equal([0, 9, 9, 0, 0, 8, 8, 0, 0, 7, 7, 0], Read("colour.gif", RasterSamples.Gif([0, 0, 0, 9, 8, 7])).Pixels);
    }

    [Fact]
    public void An_animated_GIF_is_refused_with_the_number_of_its_frames()
    {
        byte[] one = RasterSamples.Gif([0, 0, 0, 255, 255, 255]), frame = one[19..^1];
        Complaint.Expect<InvalidDataException>(() => Read("film.gif", [.. one[..^1], .. frame, .. frame, 0x3B]), "film.gif", "3 frames");
    }

    private Slice Read(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        return SliceReader.Read(_folder[name]);
    }
}
