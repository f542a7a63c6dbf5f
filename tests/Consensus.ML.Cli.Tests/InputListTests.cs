using Consensus.Imaging.Cases;
using Consensus.ML.Cli.Data;

namespace Consensus.ML.Cli.Tests;

/// <summary>Lists of inputs: a path or JSON on each line.</summary>
public sealed class InputListTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void A_line_is_a_path_channels_or_a_name_with_channels(string end)
    {
        string[] lines =
        [
            "scans/p7/image.nii.gz", "", "my photo.jpg", """["p8_t1.nii", "p8_t2.nii"]""",
            """{"case": "p9", "images": ["p9/t1.nii", "p9/t2 \u00e9.nii"]}""", "volume.nii#axis=2,slice=12",
        ];
        File.WriteAllText(_workspace["list.txt"], string.Join(end, lines));
        IReadOnlyList<RaterCase> cases = InputList.Read(_workspace["list.txt"]);
        Assert.Equal(["p7", "my photo", "p8_t1", "p9", "volume_axis2_slice12"], cases.Select(one => one.Name));
        Assert.Equal(["p8_t1.nii", "p8_t2.nii"], cases[2].ImagePaths);
        Assert.Equal(["p9/t1.nii", "p9/t2 é.nii"], cases[3].ImagePaths);
        Assert.Equal(["my photo.jpg"], cases[1].ImagePaths);
    }

    [Theory]
    [InlineData("[\"a.nii\"")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("[\"\"]")]
    [InlineData("{}")]
    [InlineData("{\"case\": \"a\"}")]
    [InlineData("{\"case\": 1, \"images\": [\"a.nii\"]}")]
    [InlineData("{\"case\": \"a\", \"images\": \"a.nii\"}")]
    [InlineData("{\"case\": \"a\", \"images\": [\"a.nii\"], \"mask\": \"m.nii\"}")]
    [InlineData("a\u0007.nii")]
    public void A_wrong_line_is_named_with_what_is_allowed(string line)
    {
        File.WriteAllLines(_workspace["list.txt"], ["good.nii", line]);
        Predict(_workspace["list.txt"]).AssertFailed(1, "Line 2 of", "list.txt", "path");
    }

    [Fact]
    public void A_list_that_is_missing_empty_or_a_folder_is_refused()
    {
        File.WriteAllText(_workspace["empty.txt"], " \n\n");
        Predict(_workspace["none.txt"]).AssertFailed(1, "none.txt");
        Predict(_workspace["empty.txt"]).AssertFailed(1, "empty.txt");
        Predict(_workspace.Root).AssertFailed(1, "folder");
    }

    [Fact]
    public void Two_ways_to_name_inputs_are_refused() =>
        CommandRun.InProcess("predict", "--model", "m.zip", "--out", "maps", "--inputs", "list.txt", "a.nii").AssertFailed(2, "not both");

    private static CommandRun Predict(string list) =>
        CommandRun.InProcess("predict", "--model", "m.zip", "--out", "maps", "--inputs", list);
}
