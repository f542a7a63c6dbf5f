using Consensus.Imaging.Files;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Raster;

/// <summary>Bitmaps are read with the values that they store.</summary>
public sealed class BmpFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bitmaps_of_colours_greys_and_one_bit_are_read_from_the_bottom_up()
    {
        // Two rows of two pixels, with blue first. Each row takes a multiple of four bytes, and the bottom row comes first.
        Assert.Equal(
            [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12],
            Read("colour.bmp", RasterSamples.Bitmap(2, 2, 24, [], [9, 8, 7, 12, 11, 10, 0, 0, 3, 2, 1, 6, 5, 4, 0, 0])).Pixels);
        byte[] greys = [.. Enumerable.Range(0, 256).SelectMany(value => new[] { (byte)value, (byte)value, (byte)value, (byte)0 })];
        Slice grey = Read("grey.bmp", RasterSamples.Bitmap(2, 2, 8, greys, [3, 4, 0, 0, 1, 2, 0, 0]));
        Assert.Equal(1, grey.Channels);
        Assert.Equal([1, 2, 3, 4], grey.Pixels);
        Slice mask = Read(
            "mask.bmp", RasterSamples.Bitmap(2, 2, 1, [0, 0, 0, 0, 255, 255, 255, 0], [0b0100_0000, 0, 0, 0, 0b1000_0000, 0, 0, 0]));
        Assert.Equal(1, mask.Channels);
        Assert.Equal([255, 0, 0, 255], mask.Pixels);
        Assert.Equal((1, 2, 2), SliceReader.ReadSize(_folder["mask.bmp"]));
    }

    private Slice Read(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        return SliceReader.Read(_folder[name]);
    }
}
