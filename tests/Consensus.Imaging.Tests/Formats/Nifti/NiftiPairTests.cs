using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>The two files of a pair are found from either of them.</summary>
public sealed class NiftiPairTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(".hdr", ".img")]
    [InlineData(".hdr.gz", ".img.gz")]
    [InlineData(".hdr", ".img.gz")]
    [InlineData(".hdr.gz", ".img")]
    [InlineData(".HDR", ".IMG")]
    public void Both_halves_of_a_pair_open_it_whichever_is_compressed(string headerEnd, string imageEnd)
    {
        foreach (int version in new[] { 1, 2 })
        {
            var image = new NiftiBytes { Version = version, Magic = version == 1 ? "ni1" : "ni2", Offset = 4 };
            byte[] header = image.Header(), data = [9, 9, 9, 9, .. image.Data()];
            File.WriteAllBytes(
                _folder["brain" + headerEnd], headerEnd.EndsWith("gz", StringComparison.Ordinal) ? NiftiBytes.Gzip(header) : header);
            File.WriteAllBytes(
                _folder["brain" + imageEnd], imageEnd.EndsWith("gz", StringComparison.Ordinal) ? NiftiBytes.Gzip(data) : data);
            foreach (string end in new[] { headerEnd, imageEnd })
            {
                Assert.Equal([1, 3, 5, 2, 4, 6], NiftiFile.ReadSlice(_folder["brain" + end]).Pixels);
                Assert.Equal(_folder["brain" + imageEnd], NiftiFile.ReadHeader(_folder["brain" + end]).ImagePath);
            }
        }
    }

    [Fact]
    public void Half_a_pair_says_which_file_is_missing()
    {
        var image = new NiftiBytes { Magic = "ni1" };
        File.WriteAllBytes(_folder["a.hdr"], image.Header());
        File.WriteAllBytes(_folder["b.img"], image.Data());
        Complaint.Expect<FileNotFoundException>(() => NiftiFile.ReadSlice(_folder["a.hdr"]), "a.hdr", "a.img");
        Complaint.Expect<FileNotFoundException>(() => NiftiFile.ReadSlice(_folder["b.img"]), "b.img", "b.hdr");
        Assert.Equal([2, 3], NiftiFile.ReadHeader(_folder["a.hdr"]).Shape);
    }
}
