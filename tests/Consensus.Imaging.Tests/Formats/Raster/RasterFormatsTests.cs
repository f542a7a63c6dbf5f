using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Geometry;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Raster;

/// <summary>
/// Every format of the list has all its parts. The tests run over the list, so a new format is tested as soon as it is in the list.
/// </summary>
public sealed class RasterFormatsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<ImageFormat> All => [.. RasterFormats.All.Select(format => format.Format)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_list_has_each_picture_format_once()
    {
        Assert.Equal(
            Enum.GetValues<ImageFormat>().Where(format => format != ImageFormat.Nifti),
            RasterFormats.All.Select(format => format.Format).Order());
        string[] extensions = [.. Enum.GetValues<ImageFormat>().SelectMany(format => format.FileExtensions())];
        Assert.Equal(extensions, extensions.Distinct());
        Assert.Equal(extensions.Order(), ImageFormats.ExtensionsByPrecision.Order());
    }

    [Fact]
    public void Values_that_stand_for_no_format_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ((ImageFormat)99).Name());
        Assert.Throws<ArgumentOutOfRangeException>(() => ((ImageFormat)99).FileExtensions());
    }

    [Fact]
    public void The_file_that_keeps_more_of_an_image_comes_first()
    {
        string[] expected = [".nii.gz", ".nii", ".tif", ".tiff", ".png", ".bmp", ".gif", ".jpg", ".jpeg"];
        Assert.Equal(expected, ImageFormats.ExtensionsByPrecision.Where(expected.Contains));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_format_has_a_name_and_extensions(ImageFormat format)
    {
        RasterFormat raster = RasterFormats.Get(format);
        Assert.Equal(raster.Name, format.Name());
        Assert.Contains(raster.Name, ImageFormats.Readable, StringComparison.Ordinal);
        string documentation = File.ReadAllText(Path.Combine(RepositoryFolder.Find(), "data-schemas", "README.md"));
        Assert.Contains(raster.Name, documentation, StringComparison.Ordinal);
        Assert.NotEmpty(raster.Extensions);
        Assert.All(raster.Extensions, extension => Assert.Matches(@"^\.[a-z0-9]+$", extension));
        Assert.InRange(raster.ExactBits, 0, 64);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_sample_is_recognised_by_its_own_format_alone(ImageFormat format)
    {
        byte[] file = RasterSamples.Get(format).File;
        byte[] start = file[..Math.Min(file.Length, RasterFormat.StartLength)];
        Assert.Equal([format], RasterFormats.All.Where(one => one.Matches(start)).Select(one => one.Format));
        Assert.Equal(format, SliceReader.ReadFormat(Write("sample", file)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_sample_gives_what_was_written(ImageFormat format)
    {
        RasterSample sample = RasterSamples.Get(format);
        string path = Write("sample", sample.File);
        Slice slice = SliceReader.Read(path);
        Assert.Equal((1, sample.Height, sample.Width), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal((1, sample.Height, sample.Width), SliceReader.ReadSize(path));
        Assert.All(slice.Pixels.Zip(sample.Pixels), pair => Assert.Equal(pair.Second, pair.First, sample.Tolerance));
        Assert.Equal(path, slice.Source);
        Assert.Same(SliceGeometry.None, slice.Geometry);
        Assert.Equal(Orientation.Upright, SliceReader.ReadOrientation(path));
    }

    /// <summary>
    /// The file is cut at each length up to half of it. Longer parts may be readable, because some formats end with bytes that are not
    /// needed.
    /// </summary>
    [Theory]
    [MemberData(nameof(All))]
    public void A_file_that_ends_early_is_refused_by_name(ImageFormat format)
    {
        byte[] file = RasterSamples.Get(format).File;
        for (int length = 0; length <= file.Length / 2; length++)
        {
            string path = Write("cut", file[..length]);
            Complaint.Expect<InvalidDataException>(() => SliceReader.Read(path), path);
        }
    }

    private string Write(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        return _folder[name];
    }
}
