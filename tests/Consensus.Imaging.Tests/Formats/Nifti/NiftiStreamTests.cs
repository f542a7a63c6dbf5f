using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Gzip is recognised by content, and unpacked to its end.</summary>
public sealed class NiftiStreamTests : IDisposable
{
    private static readonly float[] _asRows = [1, 3, 5, 2, 4, 6];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Gzip_is_known_by_content_and_not_by_name()
    {
        File.WriteAllBytes(_folder["packed.nii"], NiftiBytes.Gzip(new NiftiBytes().SingleFile()));
        File.WriteAllBytes(_folder["plain.nii.gz"], new NiftiBytes().SingleFile());
        Assert.Equal([1, 3, 5, 2, 4, 6], NiftiFile.ReadSlice(_folder["packed.nii"]).Pixels);
        Assert.Equal([1, 3, 5, 2, 4, 6], NiftiFile.ReadSlice(_folder["plain.nii.gz"]).Pixels);
    }

    [Fact]
    public void Gzip_in_several_parts_or_with_something_behind_it_reads()
    {
        byte[] whole = new NiftiBytes().SingleFile(), packed = NiftiBytes.Gzip(whole);
        Assert.Equal(_asRows, NiftiFile.ReadSlice(Write(
            "parts.nii.gz",
            [.. NiftiBytes.Gzip(whole[..100]), .. NiftiBytes.Gzip(whole[100..355]), .. NiftiBytes.Gzip(whole[355..])],
            pack: false)).Pixels);
        Assert.Equal(_asRows, NiftiFile.ReadSlice(Write("padded.nii.gz", [.. packed, .. new byte[100]], pack: false)).Pixels);
        Assert.Equal(
            _asRows, NiftiFile.ReadSlice(Write("longer.nii.gz", NiftiBytes.Gzip([.. whole, .. new byte[100]]), pack: false)).Pixels);
    }

    private string Write(string name, byte[] bytes, bool pack = true)
    {
        File.WriteAllBytes(_folder[name], pack && name.EndsWith(".gz", StringComparison.Ordinal) ? NiftiBytes.Gzip(bytes) : bytes);
        return _folder[name];
    }
}
