using System.Text.RegularExpressions;
using Consensus.ML.Imaging;

namespace Consensus.ML.Api.Tests;

/// <summary>The samples run to their ends, with training cut to a second. (README's first command, QuickStart, is run where README is tested.)</summary>
public sealed partial class SampleTests
{
    [Fact]
    public async Task Manifest_takes_cases_that_a_rater_has_not_drawn_and_scores_the_same_from_a_table()
    {
        using var folder = new TemporaryFolder();
        string output = await SampleRun.InFolder(folder, "Manifest", "1");
        Assert.Contains("24 training cases with 2 to 3 raters", output, StringComparison.Ordinal);
        Assert.Contains("Ben   drew 16 cases", output, StringComparison.Ordinal);
        string[] scores = [.. Score().Matches(output).Select(match => match.Value)];
        Assert.Equal(2, scores.Length);
        Assert.Equal(scores[0], scores[1]);
        Assert.Equal(["dataset.json", "train.png", "val.csv"], Directory.GetFiles(Path.Combine(folder.Path, "consensus-manifest")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Photographs_go_through_ML_NETs_image_steps_to_maps_and_pictures()
    {
        using var folder = new TemporaryFolder();
        string output = await SampleRun.InFolder(folder, "Photographs", "1");
        Assert.Contains("4. Soft Dice ", output, StringComparison.Ordinal);
        string[] maps = Directory.GetFiles(folder.Path, "retina*_soft.tif", SearchOption.AllDirectories);
        Assert.Equal(4, maps.Length);
        Assert.All(maps, map => Assert.Equal((1, 200, 220), SliceReader.ReadSize(map)));
        Assert.Equal((3, 200, 220), SliceReader.ReadSize(Directory.GetFiles(folder.Path, "image.png", SearchOption.AllDirectories)[0]));
        Assert.Equal(4, Directory.GetFiles(folder.Path, "retina*.png", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public async Task Volumes_are_trained_on_by_slices_and_predicted_back_into_a_volume_of_the_same_geometry()
    {
        using var folder = new TemporaryFolder();
        string output = await SampleRun.InFolder(folder, "Volumes", "1");
        Assert.Contains(", 14 to predict", output, StringComparison.Ordinal);
        Assert.Contains("6. Soft Dice on the 14 slices ", output, StringComparison.Ordinal);
        string scan = Path.Combine(folder.Path, "consensus-volumes", "scan9", "image.nii.gz"), map = Path.Combine(Path.GetDirectoryName(scan)!, "soft.nii.gz");
        NiftiHeader from = NiftiFile.ReadHeader(scan), to = NiftiFile.ReadHeader(map);
        Assert.Equal([96, 88, 14], to.Shape);
        Assert.Equal([2, 2, 5], to.Spacing);
        Assert.Equal([-2, 0, 0, 95, 0, -2, 0, 80, 0, 0, 5, -310, 0, 0, 0, 1], to.Affine);
        Assert.Equal(from.Affine, to.Affine);
        Assert.True(NiftiFile.ReadStatistics(map) is { Minimum: >= 0, Maximum: <= 1, NonFinite: 0 });
        Assert.Equal((3, 384, 730), SliceReader.ReadSize(Path.Combine(Path.GetDirectoryName(scan)!, "soft.png"))); // panels of 96×88, enlarged four times
    }

    [GeneratedRegex(@"(?<=: )[01]\.[0-9]{3}$", RegexOptions.Multiline)]
    private static partial Regex Score();
}
