using BitMiracle.LibTiff.Classic;
using Consensus.Imaging.Files;
using Consensus.ML.Tests.Shared;
using SkiaSharp;

namespace Consensus.Imaging.Tests.Files;

/// <summary>
/// A damaged picture is either read, or refused by an exception that names it. The memory used is in proportion to the file.
/// </summary>
public sealed class SliceReaderFuzzTests : IDisposable
{
    // The largest memory for a small file: tables and buffers of the libraries, and the pixels to which some kilobytes can unpack.
    private const long MostAllocated = 64_000_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_few_hundred_mutations_are_read_or_refused() => Mutate(600, seed: 1);

    [Fact]
    [Trait("Category", "Slow")]
    public void Twenty_thousand_mutations_are_read_or_refused() => Mutate(20_000, seed: 2);

    private void Mutate(int count, int seed)
    {
        byte[][] files = [.. Files()];
        var random = new Random(seed);
        string path = _folder["mutated"];
        int refused = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] file = Mutated(files[i % files.Length], random);
            File.WriteAllBytes(path, file);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Slice slice = SliceReader.Read(path);
                Assert.Equal((slice.Channels, slice.Height, slice.Width), SliceReader.ReadSize(path));
            }
            catch (InvalidDataException exception)
            {
                refused++;
                Assert.Contains(path, exception.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', exception.Message);
            }

            Assert.True(
                GC.GetAllocatedBytesForCurrentThread() - before < MostAllocated,
                $"Mutation {i} of seed {seed} took {GC.GetAllocatedBytesForCurrentThread() - before} bytes.");
        }

        Assert.InRange(refused, count / 3, count);
    }

    /// <summary>
    /// Changes a few bytes, cuts out a part, doubles a part or cuts off the end. Most changes are near the start, where headers are.
    /// </summary>
    private static byte[] Mutated(byte[] original, Random random)
    {
        byte[] file = [.. original];
        int changes = 1 + random.Next(4);
        for (int change = 0; change < changes && file.Length > 16; change++)
        {
            int at = random.Next(2) == 0 ? random.Next(Math.Min(file.Length, 120)) : random.Next(file.Length);
            switch (random.Next(6))
            {
                case 0: file[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: file[at] = (byte)random.Next(256); break;
                case 2: file[at] = random.Next(2) == 0 ? byte.MaxValue : (byte)0; break;
                case 3: file.AsSpan(at, Math.Min(4, file.Length - at)).Fill((byte)(random.Next(2) * 0x7F)); break;
                case 4: file = file[..at]; break;
                default: file = [.. file[..at], .. file[(at + random.Next(Math.Min(8, file.Length - at)))..]]; break;
            }
        }

        return file;
    }

    private IEnumerable<byte[]> Files()
    {
        var random = new Random(7);
        byte[] noise = new byte[24 * 25];
        random.NextBytes(noise);
        for (int row = 0; row < 24; row++)
        {
            noise[row * 25] = (byte)(row % 5);
        }

        yield return new PngBytes { Width = 24, Height = 24, Rows = noise }.File();
        yield return new PngBytes { Width = 12, Height = 24, Depth = 16, Rows = noise, Interlaced = true }.File();
        yield return new PngBytes { Colour = 3, Height = 1, Palette = [0, 0, 0, 1, 2, 3], Transparency = [255], Rows = [0, 0, 1, 0] }
            .File();
        using var bitmap = new SKBitmap(24, 24, isOpaque: true);
        bitmap.Pixels = [.. Enumerable.Range(0, 576).Select(i => new SKColor((byte)i, (byte)(i * i), 9))];
        using SKData jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 80);
        yield return jpeg.ToArray();
        yield return new TiffBytes { BigEndian = true, Bits = 16, Blocks = [new byte[12]], ExtraSamples = [] }.File();
        yield return new TiffBytes { Width = 20, Height = 3, Tile = 16, Blocks = [noise[..256], noise[256..512]] }.File();
        yield return new TiffBytes
        {
            Width = 24,
            Height = 25,
            Compression = 8,
            RowsPerStrip = 5,
            Blocks = [.. noise.Chunk(120).Select(PngBytes.Deflate)],
        }.File();
        foreach (Compression compression in new[] { Compression.LZW, Compression.JPEG, Compression.CCITTFAX4 })
        {
            yield return Written(compression, noise);
        }
    }

    private byte[] Written(Compression compression, byte[] noise)
    {
        bool fax = compression == Compression.CCITTFAX4;
        using (Tiff tiff = Tiff.Open(_folder["seed.tif"], "w"))
        {
            tiff.SetField(TiffTag.IMAGEWIDTH, 24);
            tiff.SetField(TiffTag.IMAGELENGTH, 24);
            tiff.SetField(TiffTag.BITSPERSAMPLE, fax ? 1 : 8);
            tiff.SetField(TiffTag.SAMPLESPERPIXEL, 1);
            tiff.SetField(TiffTag.COMPRESSION, compression);
            tiff.SetField(TiffTag.ROWSPERSTRIP, 8);
            tiff.SetField(TiffTag.PHOTOMETRIC, fax ? Photometric.MINISWHITE : Photometric.MINISBLACK);
            for (int row = 0; row < 24; row++)
            {
                tiff.WriteScanline(noise[(row * 25)..((row * 25) + 24)], row);
            }
        }

        return File.ReadAllBytes(_folder["seed.tif"]);
    }
}
