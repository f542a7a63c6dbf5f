using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Pictures;
using Consensus.ML.Tests.Shared;
using SkiaSharp;

namespace Consensus.Imaging.Tests.Files;

/// <summary>
/// Reading pictures does not leak memory, neither in .NET nor outside. The test runs alone, because it measures the whole process.
/// </summary>
[Collection(nameof(SliceReaderMemoryTests))]
public sealed class SliceReaderMemoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Category", "Slow")]
    public void Ten_thousand_reads_on_several_threads_leave_nothing_behind()
    {
        // The decoders' buffers take about 100 kB per picture, so 10,000 leaks would take a gigabyte.
        const int Side = 160;
        string png = _folder["a.png"], tiff = _folder["a.tif"], jpeg = _folder["a.jpg"], cut = _folder["cut.jpg"];
        var picture = new RgbImage(Side, Side);
        new Random(1).NextBytes(picture.Pixels);
        picture.SavePng(png);
        TiffFile.WriteSlice(tiff, SliceReader.Read(png));
        using (SKBitmap bitmap = SKBitmap.Decode(png))
        using (SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90))
        {
            File.WriteAllBytes(jpeg, data.ToArray());
            File.WriteAllBytes(cut, data.ToArray()[..5000]);
        }

        ReadMany(1000);
        long before = Collected();
        ReadMany(10_000);
        Assert.InRange(Collected() - before, long.MinValue, 150_000_000);

        void ReadMany(int count) => Parallel.For(0, count, i =>
        {
            switch (i % 4)
            {
                case 0: Assert.Equal(3, SliceReader.Read(png).Channels); break;
                case 1: Assert.Equal(3, SliceReader.Read(tiff).Channels); break;
                case 2: Assert.Equal(3, SliceReader.Read(jpeg).Channels); break;
                default: Assert.Throws<InvalidDataException>(() => SliceReader.Read(cut)); break;
            }
        });
    }

    private static long Collected()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }
}

[CollectionDefinition(nameof(SliceReaderMemoryTests), DisableParallelization = true)]
public sealed class PictureMemoryCollection;
