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

    /// <summary>Files that are gone can be read on only if nothing opens them again.</summary>
    [Fact]
    public void Each_of_several_lists_keeps_its_volumes_open()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows deletes no file that is open.");
        string first = NiftiSamples.Volume([2, 3, 4]).WriteTo(_folder["first.nii.gz"]),
            second = NiftiSamples.Volume([2, 3, 4]).WriteTo(_folder["second.nii.gz"]);
        using var volumes = new OpenVolumes();
        OpenVolumes one = volumes.ForList(2), other = volumes.ForList(2);
        for (int index = 0; index < 4; index++)
        {
            Assert.Equal(100f * index, SliceReader.Read([$"{first}#slice={index}"], one, null).Pixels[0]);
            Assert.Equal(100f * index, SliceReader.Read([$"{second}#slice={index}"], other, null).Pixels[0]);
            File.Delete(first);
            File.Delete(second);
        }

        // Whoever disposes the whole closes both.
        volumes.Dispose();
        Assert.Throws<FileNotFoundException>(() => SliceReader.Read([$"{first}#slice=0"], one, null));
    }
}
