using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests;

/// <summary>Addresses of slices are written as text for columns of paths, and read from that text.</summary>
public sealed class SliceAddressTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("scan.nii.gz", "scan.nii.gz", null, null)]
    [InlineData("scan.nii.gz#axis=0,slice=12", "scan.nii.gz", 0, 12)]
    [InlineData("a#b/scan.nii#slice=3", "a#b/scan.nii", 2, 3)]
    [InlineData("#slice=3", "#slice=3", null, null)]
    [InlineData("scan.nii#axis=3,slice=1", "scan.nii#axis=3,slice=1", null, null)]
    [InlineData("scan.nii#slice=-1", "scan.nii#slice=-1", null, null)]
    [InlineData("scan.nii#slice=99999999999", "scan.nii#slice=99999999999", null, null)]
    public void Text_is_a_path_with_or_without_a_slice(string text, string path, int? axis, int? index)
    {
        SliceAddress address = SliceAddress.Parse(text);
        Assert.Equal((path, axis, index), (address.Path, address.Axis, address.Index));
        Assert.Equal(address, SliceAddress.Parse(address.ToString()));
    }

    [Fact]
    public void A_file_whose_name_looks_like_an_address_is_that_file()
    {
        string odd = _folder["scan.nii#slice=3"];
        File.WriteAllBytes(odd, [1]);
        Assert.Equal(new SliceAddress(odd), SliceAddress.Parse(odd));
    }

    [Fact]
    public void Only_the_axes_of_space_are_cut()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SliceAddress("scan.nii", 3, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SliceAddress("scan.nii", 0, -1));
        Assert.Throws<ArgumentException>(() => SliceAddress.Parse(""));
    }

    public void Dispose() => _folder.Dispose();
}
