using BitMiracle.LibTiff.Classic;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Raster;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Raster;

/// <summary>Every kind of TIFF file is read with the values that it stores. Written files are read back without any change.</summary>
public sealed class TiffReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Greys_of_8_and_16_bits_are_read_in_both_byte_orders(bool bigEndian)
    {
        Assert.Equal([1, 2, 3, 4, 5, 6], Read(new() { BigEndian = bigEndian }).Pixels);
        Slice slice = Read(
            new() { BigEndian = bigEndian, Bits = 16, Blocks = [TiffBytes.Shorts(bigEndian, 0, 1, 256, 4095, 32768, 65535)] });
        Assert.Equal((1, 2, 3), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal([0, 1, 256, 4095, 32768, 65535], slice.Pixels);
        Assert.Same(SliceGeometry.None, slice.Geometry);
    }

    [Fact]
    public void Signed_wide_and_floating_values_are_read()
    {
        Assert.Equal([-1, -128, 127], Read(One(8, 2, [0xFF, 0x80, 0x7F])).Pixels);
        Assert.Equal([-1, -32768, 32767], Read(One(16, 2, TiffBytes.Shorts(false, -1, -32768, 32767))).Pixels);
        Assert.Equal([-1, 1 << 30, 0], Read(One(32, 2, Bytes<int>(-1, 1 << 30, 0))).Pixels);
        Assert.Equal([4294967296f, 1, 0], Read(One(32, 1, Bytes(uint.MaxValue, 1u, 0u))).Pixels);
        Assert.Equal([0.1f, -1e30f, float.NaN], Read(One(32, 3, Bytes(0.1f, -1e30f, float.NaN))).Pixels);
        Assert.Equal([0.1f, -1e30f, 3], Read(One(64, 3, Bytes(0.1, -1e30, 3.0))).Pixels);
        Assert.Equal([-5, 1L << 40, 0], Read(One(64, 2, Bytes<long>(-5, 1L << 40, 0))).Pixels);

        static TiffBytes One(int bits, int format, byte[] block) => new() { Height = 1, Bits = bits, Format = format, Blocks = [block] };
    }

    [Fact]
    public void Twelve_packed_bits_are_read()
        => Assert.Equal([0xABC, 0x123, 0xFFF], Read(new() { Height = 1, Bits = 12, Blocks = [[0xAB, 0xC1, 0x23, 0xFF, 0xF0]] }).Pixels);

    [Fact]
    public void One_bit_is_spread_over_0_to_255_and_white_zeros_are_turned_around()
    {
        Assert.Equal([255, 0, 255, 0, 0, 255], Read(new() { Bits = 1, Blocks = [[0b1010_0000, 0b0010_0000]] }).Pixels);
        Assert.Equal([0, 255, 0, 255, 255, 0], Read(new() { Bits = 1, Photometric = 0, Blocks = [[0b1010_0000, 0b0010_0000]] }).Pixels);
        Assert.Equal([254, 253, 252, 251, 250, 249], Read(new() { Photometric = 0 }).Pixels);
        Assert.Equal(
            [65535, 65534, 0],
            Read(new() { Height = 1, Bits = 16, Photometric = 0, Blocks = [TiffBytes.Shorts(false, 0, 1, 65535)] }).Pixels);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Colours_become_channels_however_they_are_laid_out(bool planar)
    {
        Slice slice = Read(new()
        {
            Width = 2,
            Height = 1,
            Samples = 3,
            Photometric = 2,
            Planar = planar,
            Blocks = planar ? [[1, 4], [2, 5], [3, 6]] : [[1, 2, 3, 4, 5, 6]],
        });
        Assert.Equal((3, 1, 2), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal([1, 4, 2, 5, 3, 6], slice.Pixels);
    }

    [Fact]
    public void Samples_without_a_meaning_are_channels_and_opacity_is_not()
    {
        Assert.Equal([1, 3, 2, 4], Read(new() { Width = 2, Height = 1, Samples = 2, ExtraSamples = [0], Blocks = [[1, 2, 3, 4]] }).Pixels);
        Assert.Equal([1, 3], Read(new() { Width = 2, Height = 1, Samples = 2, ExtraSamples = [2], Blocks = [[1, 255, 3, 255]] }).Pixels);
        Assert.Equal(
            [1, 2, 3],
            Read(new() { Width = 1, Height = 1, Samples = 4, Photometric = 2, ExtraSamples = [2], Blocks = [[1, 2, 3, 255]] }).Pixels);
        Refused(
            new() { Width = 1, Height = 1, Samples = 4, Photometric = 2, ExtraSamples = [2], Blocks = [[1, 2, 3, 254]] },
            "partly transparent");
    }

    /// <summary>255 is opaque in any case, also where the greys count from white.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void White_zeros_do_not_turn_opacity_around(bool planar)
    {
        Assert.Equal([254, 252], Read(Greys(255)).Pixels);
        Refused(Greys(0), "partly transparent");

        TiffBytes Greys(byte opacity) => new()
        {
            Width = 2,
            Height = 1,
            Samples = 2,
            Photometric = 0,
            Planar = planar,
            ExtraSamples = [2],
            Blocks = planar ? [[1, 3], [opacity, opacity]] : [[1, opacity, 3, opacity]],
        };
    }

    [Fact]
    public void A_palette_gives_its_colours_or_its_greys()
    {
        // Four colours with 16 bits: first all reds, then all greens, then all blues.
        ushort[] colours = [0, 0x1000, 0x2000, 0xFFFF, 0, 0, 0, 0xFFFF, 0, 0x0500, 0, 0xFFFF];
        Assert.Equal(
            [0, 16, 255, 0, 0, 255, 0, 5, 255],
            Read(new() { Height = 1, Bits = 2, Photometric = 3, Palette = colours, Blocks = [[0b0001_1100]] }).Pixels);
        ushort[] greys = [0, 0xFFFF, 0, 0xFFFF, 0, 0xFFFF];
        Slice mask = Read(new() { Height = 1, Bits = 1, Photometric = 3, Palette = greys, Blocks = [[0b0100_0000]] });
        Assert.Equal(1, mask.Channels);
        Assert.Equal([0, 255, 0], mask.Pixels);
    }

    [Fact]
    public void Strips_and_tiles_go_to_their_places()
    {
        Assert.Equal(
            [1, 2, 3, 4, 5, 6, 7, 8, 9], Read(new() { Height = 3, RowsPerStrip = 2, Blocks = [[1, 2, 3, 4, 5, 6], [7, 8, 9]] }).Pixels);

        // 3 rows of 20 columns in tiles of 16×16. The parts beyond the edge are padding.
        byte[] left = new byte[256], right = new byte[256];
        for (int row = 0; row < 16; row++)
        {
            for (int column = 0; column < 16; column++)
            {
                left[(row * 16) + column] = (byte)((row * 20) + column);
                right[(row * 16) + column] = (byte)((row * 20) + 16 + column);
            }
        }

        Assert.Equal(
            Enumerable.Range(0, 60).Select(value => (float)value),
            Read(new() { Width = 20, Height = 3, Tile = 16, Blocks = [left, right] }).Pixels);
    }

    [Fact]
    public void Packed_strips_are_unpacked()
    {
        // PackBits: three literal bytes, then one byte three times.
        Assert.Equal([1, 2, 3, 9, 9, 9], Read(new() { Compression = 32773, Blocks = [[2, 1, 2, 3, 0xFE, 9]] }).Pixels);
        Assert.Equal([1, 2, 3, 4, 5, 6], Read(new() { Compression = 8, Blocks = [PngBytes.Deflate([1, 2, 3, 4, 5, 6])] }).Pixels);
    }

    [Theory]
    [InlineData(Compression.NONE, false, 0)]
    [InlineData(Compression.LZW, false, 0)]
    [InlineData(Compression.LZW, true, 0)]
    [InlineData(Compression.ADOBE_DEFLATE, true, 0)]
    [InlineData(Compression.PACKBITS, false, 0)]
    [InlineData(Compression.JPEG, false, 6)]
    public void Another_writers_compressions_are_read(Compression compression, bool predicted, int tolerance)
    {
        const int Width = 70, Height = 50;
        string path = _folder["written.tif"];
        byte[] pixels =
        [
            .. Enumerable.Range(0, Width * Height).SelectMany(i => new[] { (byte)(100 + (i % Width)), (byte)(i / Width), (byte)200 }),
        ];
        using (Tiff tiff = Tiff.Open(path, "w"))
        {
            tiff.SetField(TiffTag.IMAGEWIDTH, Width);
            tiff.SetField(TiffTag.IMAGELENGTH, Height);
            tiff.SetField(TiffTag.BITSPERSAMPLE, 8);
            tiff.SetField(TiffTag.SAMPLESPERPIXEL, 3);
            tiff.SetField(TiffTag.PLANARCONFIG, PlanarConfig.CONTIG);
            tiff.SetField(TiffTag.COMPRESSION, compression);
            tiff.SetField(TiffTag.ROWSPERSTRIP, 16);
            tiff.SetField(TiffTag.PHOTOMETRIC, compression == Compression.JPEG ? Photometric.YCBCR : Photometric.RGB);
            if (compression == Compression.JPEG)
            {
                tiff.SetField(TiffTag.JPEGQUALITY, 100);
                tiff.SetField(TiffTag.JPEGCOLORMODE, JpegColorMode.RGB);
            }

            if (predicted)
            {
                tiff.SetField(TiffTag.PREDICTOR, Predictor.HORIZONTAL);
            }

            for (int row = 0; row < Height; row++)
            {
                tiff.WriteScanline(pixels[(row * Width * 3)..((row + 1) * Width * 3)], row);
            }
        }

        Slice slice = SliceReader.Read(path);
        Assert.Equal((3, Height, Width), (slice.Channels, slice.Height, slice.Width));
        for (int i = 0; i < slice.Pixels.Length; i++)
        {
            float expected = pixels[(i % (Width * Height) * 3) + (i / (Width * Height))];
            Assert.InRange(slice.Pixels[i], expected - tolerance, expected + tolerance);
        }
    }

    [Theory]
    [InlineData(1, new float[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(2, new float[] { 3, 2, 1, 6, 5, 4 })]
    [InlineData(3, new float[] { 6, 5, 4, 3, 2, 1 })]
    [InlineData(4, new float[] { 4, 5, 6, 1, 2, 3 })]
    [InlineData(5, new float[] { 1, 4, 2, 5, 3, 6 })]
    [InlineData(6, new float[] { 4, 1, 5, 2, 6, 3 })]
    [InlineData(7, new float[] { 6, 3, 5, 2, 4, 1 })]
    [InlineData(8, new float[] { 3, 6, 2, 5, 1, 4 })]
    public void A_picture_is_turned_as_its_orientation_says(int orientation, float[] expected)
    {
        var file = new TiffBytes { Orientation = orientation };
        Slice slice = Read(file);
        Assert.Equal(expected, slice.Pixels);
        Assert.Equal(orientation < 5 ? (2, 3) : (3, 2), (slice.Height, slice.Width));
        Assert.Equal((1, slice.Height, slice.Width), SliceReader.ReadSize(_folder["picture.tif"]));
    }

    [Fact]
    public void Several_pages_are_refused_with_their_number_but_a_reduced_copy_is_no_page()
    {
        Refused(new() { Pages = 3 }, "3 pages");
        Assert.Equal([1, 2, 3, 4, 5, 6], Read(new() { Pages = 2, SecondPageKind = 1 }).Pixels);

        // ImageJ writes a whole stack with only one directory.
        Refused(new() { Description = "ImageJ=1.53t\nimages=3\nslices=3\nloop=false\n" }, "has 3 pages, but a slice is one picture");
        Assert.Equal([1, 2, 3, 4, 5, 6], Read(new() { Description = "ImageJ=1.53t\nimages=1\n" }).Pixels);
        Assert.Equal([1, 2, 3, 4, 5, 6], Read(new() { Description = "A microscope's images=3" }).Pixels);
    }

    [Fact]
    public void What_is_not_read_is_refused_by_name()
    {
        Refused(new() { Photometric = 5, Samples = 4, Width = 1, Height = 1, Blocks = [[1, 2, 3, 4]] }, "SEPARATED");
        Refused(new() { Photometric = 8, Samples = 3, Width = 1, Height = 1, Blocks = [[1, 2, 3]] }, "CIELAB");
        Refused(new() { Bits = 24, Width = 1, Height = 1, Blocks = [[1, 2, 3]] }, "24 bits");
        Refused(new() { Bits = 16, Format = 3, Blocks = [new byte[12]] }, "16 bits", "IEEEFP");
        Refused(new() { Compression = 50000 }, "50000");
        Refused(new() { Samples = 9, Width = 1, Height = 1, Blocks = [new byte[9]] }, "9 channels");
    }

    [Fact]
    public void A_file_that_ends_early_or_promises_too_much_is_refused()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused(new() { Width = 15000, Height = 15000 }, "cannot hold", "15000×15000");
        Refused(new() { Width = 30000, Height = 30000, Compression = 5 }, "268435456 at most");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
        Refused(new() { Height = 3, RowsPerStrip = 1, Blocks = [[1, 2, 3], [4, 5, 6]] }, "need 3 strips", "lists 2");
        Refused(new() { Compression = 8, Blocks = [PngBytes.Deflate([1, 2, 3])] }, "truncated or damaged");
        byte[] file = new TiffBytes { Compression = 8, Width = 100, Height = 100, Blocks = [PngBytes.Deflate(RandomBytes(10_000))] }.File();
        for (int length = 1; length < file.Length; length += 97)
        {
            File.WriteAllBytes(_folder["cut.tif"], file[..length]);
            Complaint.Expect<InvalidDataException>(() => SliceReader.Read(_folder["cut.tif"]), "cut.tif");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_is_written_is_read_back_to_the_bit(int channels)
    {
        var random = new Random(channels);
        float[] pixels = [.. Enumerable.Range(0, channels * 300 * 500).Select(_ => (float)random.NextDouble())];
        pixels[7] = float.Epsilon;
        TiffFile.WriteSlice(_folder["maps", "map.tif"], new Slice(channels, 300, 500, pixels));
        Slice slice = SliceReader.Read(_folder["maps", "map.tif"]);
        Assert.Equal((channels, 300, 500), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal(pixels, slice.Pixels);
        Assert.Equal([_folder["maps", "map.tif"]], Directory.GetFiles(_folder["maps"]));
    }

    [Fact]
    public void A_folder_in_the_way_is_said()
        => Assert.Contains(
            _folder.Root,
            Assert.Throws<IOException>(() => TiffFile.WriteSlice(_folder.Root, new Slice(1, 1, 1, [1]))).Message,
            StringComparison.Ordinal);

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(4).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private Slice Read(TiffBytes file) => SliceReader.Read(file.WriteTo(_folder["picture.tif"]));

    private void Refused(TiffBytes file, params string[] parts) =>
        Complaint.Expect<InvalidDataException>(() => Read(file), ["picture.tif", .. parts]);
}
