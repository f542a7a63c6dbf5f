using Consensus.Imaging.Files;
using Consensus.Imaging.Tests.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Files;

/// <summary>Volumes stay open between slices.</summary>
public sealed class OpenVolumesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Volumes_stay_open_between_slices_and_are_told_apart()
    {
        string first = NiftiSamples.Volume([2, 3, 4]).WriteTo(_folder["first.nii.gz"]),
            second = NiftiSamples.Volume([2, 3, 4], bigEndian: true).WriteTo(_folder["second.nii.gz"]);
        using var volumes = new OpenVolumes();
        for (int index = 0; index < 4; index++)
        {
            Slice both = SliceReader.Read([$"{first}#slice={index}", $"{second}#slice={3 - index}"], volumes, null);
            Assert.Equal((2, 100f * index, 100f * (3 - index)), (both.Channels, both.Pixels[0], both.Pixels[6]));
        }

        // Slices are read forwards and backwards. A change of the volume or of the axis must not give slices of the old one.
        Assert.Equal(0, SliceReader.Read([$"{first}#slice=0"], volumes, null).Pixels[0]);
        Assert.Equal(200, SliceReader.Read([$"{first}#slice=2"], volumes, null).Pixels[0]);
        Assert.Equal(100, SliceReader.Read([$"{first}#slice=1"], volumes, null).Pixels[0]);
        Assert.Equal(1, SliceReader.Read([$"{second}#axis=0,slice=1"], volumes, null).Pixels[0]);
        Complaint.Expect<InvalidDataException>(() => SliceReader.Read([$"{second}#axis=0,slice=2"], volumes, null), "no slice 2");
        Assert.Equal(0, SliceReader.Read([$"{second}#axis=0,slice=0"], volumes, null).Pixels[0]);
    }

    /// <summary>Files that others replaced are read on as they were only if nothing opens them again.</summary>
    [Fact]
    public void Each_of_several_lists_keeps_its_volumes_open()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows replaces no file that is open.");
        string first = NiftiSamples.Volume([2, 3, 4]).WriteTo(_folder["first.nii.gz"]),
            second = NiftiSamples.Volume([2, 3, 4]).WriteTo(_folder["second.nii.gz"]);
        using var volumes = new OpenVolumes();
        OpenVolumes one = volumes.ForList(2), other = volumes.ForList(2);
        for (int index = 0; index < 4; index++)
        {
            Assert.Equal(100f * index, SliceReader.Read([$"{first}#slice={index}"], one, null).Pixels[0]);
            Assert.Equal(100f * index, SliceReader.Read([$"{second}#slice={index}"], other, null).Pixels[0]);
            Replace(first);
            Replace(second);
        }

        // Whoever disposes the whole closes both.
        volumes.Dispose();
        Assert.Equal(0, SliceReader.Read([$"{first}#slice=3"], one, null).Pixels[0]);
        Assert.Equal(0, SliceReader.Read([$"{second}#slice=3"], other, null).Pixels[0]);

        void Replace(string file) => File.Move(
            new NiftiBytes { Dimensions = [2, 3, 4], Values = new double[24] }.WriteTo(_folder["zeros.nii.gz"]), file, overwrite: true);
    }

    /// <summary>Prediction engines live long, and the next scan may have the name of the last.</summary>
    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    public void A_volume_that_is_closed_between_slices_is_read_anew_once_its_file_has_another_time_or_length(int slices, int hours)
    {
        var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        string path = _folder["scan.nii"];
        Scan(2, 1).WriteTo(path);
        File.SetLastWriteTimeUtc(path, time);
        using var volumes = new OpenVolumes(closing: true);
        Assert.Equal(2, SliceReader.Read([$"{path}#slice=1"], volumes, null).Pixels[0]);

        Scan(slices, 3).WriteTo(path);
        File.SetLastWriteTimeUtc(path, time.AddHours(hours));
        Assert.Equal(slices, volumes.Header(path, 0).Shape[2]);
        Assert.Equal(4, SliceReader.Read([$"{path}#slice=1"], volumes, null).Pixels[0]);
    }

    [Fact]
    public void The_values_of_a_pair_are_read_anew_too()
    {
        var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        string header = _folder["scan.hdr"], image = _folder["scan.img"];
        File.WriteAllBytes(header, Scan(2, 1, "ni1").Header());
        File.WriteAllBytes(image, Scan(2, 1).Data());
        File.SetLastWriteTimeUtc(image, time);
        using var volumes = new OpenVolumes(closing: true);
        Assert.Equal(2, SliceReader.Read([$"{header}#slice=1"], volumes, null).Pixels[0]);

        File.WriteAllBytes(image, Scan(2, 3).Data());
        File.SetLastWriteTimeUtc(image, time.AddHours(1));
        Assert.Equal(4, SliceReader.Read([$"{header}#slice=1"], volumes, null).Pixels[0]);
    }

    /// <summary>A volume whose slices have one value each: the first has this one, the next one more, and so on.</summary>
    private static NiftiBytes Scan(int slices, int first, string magic = "n+1") => new()
    {
        Magic = magic,
        Dimensions = [2, 2, slices],
        Values = [.. Enumerable.Range(0, 4 * slices).Select(at => (double)(first + (at / 4)))],
    };
}
