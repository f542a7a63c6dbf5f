namespace Consensus.ML.Cli.Tests;

public sealed class CaseNameTests
{
    [Theory]
    [InlineData("/data/case07/image.nii.gz", "case07")]
    [InlineData("/data/case07/image.nii", "case07")]
    [InlineData("/data/case07/Image.png", "case07")]
    [InlineData("/data/case07/scan.nii.gz", "scan")]
    [InlineData("/data/case07/scan.v2.nii.gz", "scan.v2")]
    [InlineData("/data/case07/scan.hdr", "scan")]
    [InlineData("/data/case07/image2.nii", "image2")]
    [InlineData("/image.nii", "image")]
    [InlineData("/data/.nii.gz", ".nii.gz")]
    [InlineData("/data/case07/scan.nii.gz#axis=0,slice=12", "scan_axis0_slice12")]
    [InlineData("/data/case07/image.nii#slice=3", "case07_axis2_slice3")]
    public void A_case_is_called_after_its_folder_or_its_file(string path, string name) => Assert.Equal(name, CaseName.Of(path));
}
