using Consensus.Imaging.Files;
using Consensus.Imaging.Pictures;
using Consensus.ML.Tests.Shared;
using SkiaSharp;

namespace Consensus.Imaging.Tests.Formats.Raster;

/// <summary>
/// Every kind of PNG file is read with the values that it stores. A file that cannot be read completely is refused by name.
/// </summary>
public sealed class PngReaderTests : IDisposable
{
    private static readonly byte[] Colours = [0, 0, 0, 10, 20, 30, 255, 0, 128];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sixteen_bit_greys_keep_their_sixteen_bits()
    {
        Slice slice = Read(new() { Width = 4, Depth = 16, Rows = [0, 0, 0, 0, 1, 0, 255, 1, 0, 0, 1, 1, 15, 255, 128, 0, 255, 255] });
        Assert.Equal((1, 2, 4), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal([0, 1, 255, 256, 257, 4095, 32768, 65535], slice.Pixels);
        Assert.Same(SliceGeometry.None, slice.Geometry);
    }

    [Theory]
    [InlineData(1, new byte[] { 0, 0b1010_0000 }, new float[] { 255, 0, 255 })]
    [InlineData(2, new byte[] { 0, 0b0001_1100 }, new float[] { 0, 85, 255 })]
    [InlineData(4, new byte[] { 0, 0x0F, 0x10 }, new float[] { 0, 255, 17 })]
    public void Fewer_than_eight_bits_are_spread_over_0_to_255(byte depth, byte[] row, float[] expected)
        => Assert.Equal(expected, Read(new() { Height = 1, Depth = depth, Rows = row }).Pixels);

    [Fact]
    public void Colours_become_red_green_and_blue_channels()
    {
        Slice slice = Read(new() { Colour = 2, Width = 2, Height = 1, Rows = [0, 1, 2, 3, 250, 251, 252] });
        Assert.Equal((3, 1, 2), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal([1, 250, 2, 251, 3, 252], slice.Pixels);
    }

    [Fact]
    public void Sixteen_bit_colours_keep_their_sixteen_bits()
        => Assert.Equal(
            [258, 772, 65535], Read(new() { Colour = 2, Depth = 16, Width = 1, Height = 1, Rows = [0, 1, 2, 3, 4, 255, 255] }).Pixels);

    [Fact]
    public void Greys_that_are_stored_as_colours_stay_three_channels()
        => Assert.Equal(3, Read(new() { Colour = 2, Width = 1, Height = 1, Rows = [0, 7, 7, 7] }).Channels);

    [Theory]
    [InlineData(1, new byte[] { 0, 0b0100_0000 }, new float[] { 0, 10, 0, 0, 20, 0, 0, 30, 0 })]
    [InlineData(2, new byte[] { 0, 0b0010_0100 }, new float[] { 0, 255, 10, 0, 0, 20, 0, 128, 30 })]
    [InlineData(4, new byte[] { 0, 0x02, 0x10 }, new float[] { 0, 255, 10, 0, 0, 20, 0, 128, 30 })]
    [InlineData(8, new byte[] { 0, 0, 2, 1 }, new float[] { 0, 255, 10, 0, 0, 20, 0, 128, 30 })]
    public void A_palette_gives_its_colours(byte depth, byte[] row, float[] expected)
        => Assert.Equal(expected, Read(new() { Colour = 3, Height = 1, Depth = depth, Palette = Colours, Rows = row }).Pixels);

    [Fact]
    public void A_palette_of_greys_gives_one_channel()
    {
        var file = new PngBytes { Colour = 3, Height = 1, Palette = [0, 0, 0, 200, 200, 200], Rows = [0, 1, 0, 1] };
        Assert.Equal([200, 0, 200], Read(file).Pixels);
        Assert.Equal((1, 1, 3), SliceReader.ReadSize(file.WriteTo(_folder["grey.png"])));
    }

    [Fact]
    public void Gamma_and_colour_profiles_change_no_value()
    {
        // The chunks set a gamma of 0.1 and the red primary of another screen.
        byte[] chunks =
        [
            .. PngBytes.Chunk("gAMA", [0, 0, 0x27, 0x10]),
            .. PngBytes.Chunk("cHRM", [.. new byte[] { 0, 0, 0x7A, 0x26, 0, 0, 0x80, 0x84, 0, 0, 0x40, 0 }, .. new byte[20]]),
        ];
        Assert.Equal([1, 100, 200], Read(new() { Height = 1, Extra = chunks, Rows = [0, 1, 100, 200] }).Pixels);
        Assert.Equal([1, 100, 200], Read(new() { Colour = 2, Width = 1, Height = 1, Extra = chunks, Rows = [0, 1, 100, 200] }).Pixels);
    }

    [Theory]
    [InlineData(new byte[] { 1, 1, 1, 1, 1, 10, 251, 2 }, new float[] { 1, 2, 3, 10, 5, 7 })] // Sub: each adds to its left neighbour.
    [InlineData(new byte[] { 0, 1, 2, 3, 2, 9, 3, 254 }, new float[] { 1, 2, 3, 10, 5, 1 })] // Up: each adds to the one above.
    [InlineData(new byte[] { 0, 1, 2, 3, 3, 10, 0, 1 }, new float[] { 1, 2, 3, 10, 6, 5 })] // Average: (0+1)/2+10, (10+2)/2+0, (6+3)/2+1.
    // Paeth: the values nearest to 0+1-0, 5+9-1 and 10+3-9 are those above: 1, 9 and 3.
    [InlineData(new byte[] { 0, 1, 9, 3, 4, 4, 1, 1 }, new float[] { 1, 9, 3, 5, 10, 4 })]
    public void Every_row_filter_is_undone(byte[] rows, float[] expected)
        => Assert.Equal(expected, Read(new() { Rows = rows }).Pixels);

    [Fact]
    public void Interlaced_pixels_go_to_their_places()
    {
        // The Adam7 passes of 3×3 pixels: (0,0); (0,2); (2,0) and (2,2); (0,1) and (2,1); then the whole second row.
        byte[] rows = [0, 1, 0, 3, 0, 7, 9, 0, 2, 0, 8, 0, 4, 5, 6];
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9], Read(new() { Height = 3, Interlaced = true, Rows = rows }).Pixels);
    }

    [Fact]
    public void An_encoders_filters_and_many_small_chunks_make_no_difference()
    {
        var picture = new RgbImage(61, 47);
        for (int i = 0; i < picture.Pixels.Length; i++)
        {
            picture.Pixels[i] = (byte)((i * i / 97) + (i / 141));
        }

        picture.SavePng(_folder["encoded.png"]);
        Slice slice = SliceReader.Read(_folder["encoded.png"]);
        for (int channel = 0; channel < 3; channel++)
        {
            Assert.Equal(
                picture.Pixels.Where((_, i) => i % 3 == channel).Select(value => (float)value),
                slice.Pixels.AsSpan(channel * 61 * 47, 61 * 47).ToArray());
        }

        Assert.Equal([1, 2, 3, 4, 5, 6], Read(new() { ChunkSize = 1 }).Pixels);
    }

    [Fact]
    public void A_codec_of_others_reads_the_same()
    {
        var random = new Random(3);
        foreach ((byte colour, int samples) in new (byte, int)[] { (0, 1), (2, 3) })
        {
            byte[] rows = [.. Enumerable.Range(0, 40)
                .SelectMany(row => (byte[])[(byte)(row % 5), .. Enumerable.Range(0, 31 * samples).Select(_ => (byte)random.Next(256))])];
            byte[] file = new PngBytes { Width = 31, Height = 40, Colour = colour, Rows = rows }.File();
            File.WriteAllBytes(_folder["random.png"], file);
            using SKBitmap other = SKBitmap.Decode(file);
            Assert.Equal(other.Pixels.Select(pixel => (float)pixel.Red), SliceReader.Read(_folder["random.png"]).Pixels.Take(31 * 40));
        }
    }

    [Fact]
    public void Opaque_transparency_is_dropped()
    {
        Assert.Equal([7, 8], Read(new() { Colour = 4, Width = 2, Height = 1, Rows = [0, 7, 255, 8, 255] }).Pixels);
        Assert.Equal([7, 8, 9], Read(new() { Colour = 6, Width = 1, Height = 1, Rows = [0, 7, 8, 9, 255] }).Pixels);
        Assert.Equal([1, 2, 3], Read(new() { Height = 1, Transparency = [0, 9], Rows = [0, 1, 2, 3] }).Pixels);
    }

    [Fact]
    public void Other_transparency_is_refused()
    {
        Refused(new() { Colour = 4, Width = 2, Height = 1, Rows = [0, 7, 255, 8, 254] }, "partly transparent");
        Refused(new() { Colour = 6, Width = 1, Height = 1, Rows = [0, 7, 8, 9, 0] }, "partly transparent");
        Refused(new() { Height = 1, Transparency = [0, 2], Rows = [0, 1, 2, 3] }, "partly transparent");
        Refused(new() { Colour = 3, Height = 1, Palette = Colours, Transparency = [255, 0], Rows = [0, 0, 1, 2] }, "partly transparent");
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused_or_whole()
    {
        var random = new Random(1);
        byte[] rows =
        [
            .. Enumerable.Range(0, 30).SelectMany(_ => (byte[])[0, .. Enumerable.Range(0, 20).Select(_ => (byte)random.Next(256))]),
        ];
        byte[] file = new PngBytes { Width = 20, Height = 30, Rows = rows, ChunkSize = 100 }.File();
        for (int length = 1; length < file.Length - 12; length++)
        {
            File.WriteAllBytes(_folder["cut.png"], file[..length]);
            Complaint.Expect<InvalidDataException>(() => SliceReader.Read(_folder["cut.png"]), "cut.png");
        }

        // The last chunk holds nothing, so all pixels are there without it.
        File.WriteAllBytes(_folder["cut.png"], file[..^12]);
        Assert.Equal(600, SliceReader.Read(_folder["cut.png"]).Pixels.Length);
    }

    [Fact]
    public void A_flipped_bit_in_the_pixels_or_the_palette_is_found()
    {
        byte[] file = new PngBytes { Colour = 3, Height = 1, Palette = Colours, Rows = [0, 0, 1, 2] }.File();
        for (int at = 8; at < file.Length - 12; at++)
        {
            byte[] damaged = [.. file];
            damaged[at] ^= 4;
            File.WriteAllBytes(_folder["flipped.png"], damaged);
            Complaint.Expect<InvalidDataException>(() => SliceReader.Read(_folder["flipped.png"]), "flipped.png");
        }
    }

    [Fact]
    public void A_promise_that_the_file_cannot_hold_is_refused_before_memory_is_taken()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused(new() { Width = 15000, Height = 15000 }, "15000×15000", "cannot hold");
        Refused(new() { Width = int.MaxValue, Height = int.MaxValue }, "268435456 at most");
        Refused(new() { Width = 0 }, "2×0");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void What_is_wrong_is_said()
    {
        Refused(new() { Colour = 3 }, "no palette");
        Refused(new() { Colour = 5 }, "colour type 5");
        Refused(new() { Colour = 3, Height = 1, Palette = Colours, Rows = [0, 0, 1, 9] }, "colour 9 of a palette of 3");
        Refused(new() { Rows = [0, 1, 2, 3, 7, 4, 5, 6] }, "filter 7");
        Refused(new() { Rows = [0, 1, 2, 3, 0, 4] }, "truncated", "2×3");
        Refused(new() { Extra = PngBytes.Chunk("acTL", new byte[8]) }, "animated");
        File.WriteAllBytes(_folder["text.png"], [0x89, .. "PNG\n\u001a\n"u8, .. new byte[60]]);
        Complaint.Expect<InvalidDataException>(() => SliceReader.Read(_folder["text.png"]), "text.png", "as text");
    }

    [Fact]
    public void The_size_comes_from_the_header_alone()
    {
        byte[] file = new PngBytes { Colour = 6, Width = 7, Height = 5, Depth = 16, Rows = [0] }.File();
        File.WriteAllBytes(_folder["head.png"], file[..45]);
        Assert.Equal((3, 5, 7), SliceReader.ReadSize(_folder["head.png"]));
    }

    private Slice Read(PngBytes file) => SliceReader.Read(file.WriteTo(_folder["picture.png"]));

    private void Refused(PngBytes file, params string[] parts) =>
        Complaint.Expect<InvalidDataException>(() => Read(file), ["picture.png", .. parts]);
}
