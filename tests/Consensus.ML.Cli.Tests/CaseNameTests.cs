using Consensus.ML.Cli.Data;

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
    public void A_case_is_called_after_its_folder_or_its_file(string path, string name) => Assert.Equal(name, CaseName.FromPath(path));

    [Theory]
    [InlineData("case07", null)]
    [InlineData("scan.v2 é", null)]
    [InlineData("", "is empty")]
    [InlineData("..", "stands for a folder")]
    [InlineData("a/b", "holds a '/'")]
    [InlineData("a\\b", "holds a '\\'")]
    [InlineData("a\nb", "holds the control character U+000A")]
    [InlineData("a\0", "holds the control character U+0000")]
    public void Results_bear_a_case_s_name_where_files_can(string name, string? problem) =>
        Assert.Equal(problem, CaseName.ProblemAsFile(name));

    [Fact]
    public void A_name_may_be_as_long_as_files_allow()
    {
        Assert.Null(CaseName.ProblemAsFile(new string('x', 180)));
        Assert.Equal("takes 182 bytes, of 180 at most", CaseName.ProblemAsFile(new string('é', 91)));
    }

    [Fact]
    public void Predict_refuses_such_a_name_before_it_reads_anything()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no files of such names.");
        using var workspace = new Workspace();
        workspace.Phantom();
        string named = Path.Combine(workspace["data"], "scan\u0007.nii.gz");
        File.Copy(Path.Combine(workspace.TrainingCase(1), "image.nii.gz"), named);
        File.WriteAllText(workspace["model.zip"], "not read");
        CommandRun.InProcess("predict", "--model", workspace["model.zip"], "--out", workspace["maps"], named)
            .AssertFailed(2, "Case 'scan\uFFFD' has a name that holds the control character U+0007");
        Assert.False(Directory.Exists(workspace["maps"]));
    }
}
