using System.Diagnostics;
using System.Text.RegularExpressions;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// The samples run to the end, with training cut to a second. (QuickStart is the first command of README.md, and the test of that page runs
/// it.)
/// </summary>
public sealed partial class SampleTests
{
    [Fact]
    public async Task Manifest_takes_cases_that_a_rater_has_not_drawn_and_scores_the_same_from_a_table()
    {
        using var folder = new TemporaryFolder();
        string output = await SampleRun.InFolder(folder, "Manifest", "out", "--seconds", "1");
        Assert.Contains("24 training cases with 2 to 3 raters", output, StringComparison.Ordinal);
        Assert.Contains("Ben   drew 16 cases", output, StringComparison.Ordinal);
        string[] scores = [.. Score().Matches(output).Select(match => match.Value)];
        Assert.Equal(2, scores.Length);
        Assert.Equal(scores[0], scores[1]);
        IEnumerable<string?> files = Directory.GetFiles(folder["out"]).Select(Path.GetFileName);
        Assert.Equal(["dataset.json", "train.png", "val.csv"], files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Photographs_go_through_ML_NETs_image_steps_to_maps_and_pictures()
    {
        using var folder = new TemporaryFolder();
        string output = await SampleRun.InFolder(folder, "Photographs", "--seconds", "1");
        Assert.Contains("4. Soft Dice ", output, StringComparison.Ordinal);

        // No folder was named: the sample makes a new one, and says where.
        string own = Assert.Single(Directory.GetDirectories(folder["runs"]));
        Assert.StartsWith("Photographs-", Path.GetFileName(own), StringComparison.Ordinal);
        Assert.StartsWith($"Everything is written to {own}\n", output, StringComparison.Ordinal);
        string[] maps = Directory.GetFiles(folder.Root, "retina*_soft.tif", SearchOption.AllDirectories);
        Assert.Equal(4, maps.Length);
        Assert.All(maps, map => Assert.Equal((1, 200, 220), SliceReader.ReadSize(map)));
        Assert.Equal((3, 200, 220), SliceReader.ReadSize(Directory.GetFiles(folder.Root, "image.png", SearchOption.AllDirectories)[0]));
        Assert.Equal(4, Directory.GetFiles(folder.Root, "retina*.png", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public async Task Pixels_train_and_are_predicted_without_an_image_file()
    {
        using var folder = new TemporaryFolder();
        string output = await SampleRun.InFolder(folder, "Pixels", "out", "--seconds", "1");
        Assert.Contains("1. 24 images in memory, 96×112 pixels, 3 raters\n", output, StringComparison.Ordinal);
        Assert.Matches(@"3\. A map of 96×112 pixels: the raters would mark [0-9]+ mm² on average\n", output);
        Assert.Equal("map.png", Path.GetFileName(Assert.Single(Directory.GetFiles(folder["out"]))));
    }

    [Fact]
    public async Task Server_answers_with_the_maps_of_a_model_and_refuses_in_its_words()
    {
        using var folder = new TemporaryFolder();
        using var tiny = new TinyModel();
        tiny.Context.Model.Save(tiny.Model, tiny.Data.Schema, folder["model.zip"]);
        var start = new ProcessStartInfo(
            "dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Server.dll"), folder["model.zip"], "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
        };
        using ChildProcess server = ChildProcess.Start(start, TimeSpan.FromMinutes(3));
        string? address = null;
        while (address is null && await server.Process.StandardOutput.ReadLineAsync() is { } line)
        {
            address = Listening().Match(line) is { Success: true } match ? match.Value : null;
        }

        using var client = new HttpClient { BaseAddress = new Uri(address!) };
        using var image = new ByteArrayContent(await File.ReadAllBytesAsync(tiny.Cases[0].ImagePath));
        using HttpResponseMessage answer = await client.PostAsync(new Uri("segmentation/maps", UriKind.Relative), image);
        string body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Contains("\"shape\":[1,20,20]", body, StringComparison.Ordinal);
        using var text = new ByteArrayContent("no image"u8.ToArray());
        using HttpResponseMessage refused = await client.PostAsync(new Uri("segmentation/maps", UriKind.Relative), text);
        Assert.Equal(415, (int)refused.StatusCode);
        Assert.Contains("is no image of a known format", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("Healthy", await client.GetStringAsync(new Uri("health", UriKind.Relative)));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Volumes_are_trained_on_by_slices_and_predicted_back_into_a_volume_of_the_same_geometry()
    {
        using var folder = new TemporaryFolder();
        string output = await SampleRun.InFolder(folder, "Volumes", "out", "--seconds", "1");
        Assert.Contains(", 14 to predict", output, StringComparison.Ordinal);
        Assert.Contains("6. Soft Dice on the 14 slices ", output, StringComparison.Ordinal);
        string scanFolder = Path.Combine(folder["out"], "scan9");
        string scan = Path.Combine(scanFolder, "image.nii.gz"), map = Path.Combine(scanFolder, "soft.nii.gz");
        NiftiHeader from = NiftiFile.ReadHeader(scan), to = NiftiFile.ReadHeader(map);
        Assert.Equal([96, 88, 14], to.Shape);
        Assert.Equal([2, 2, 5], to.Spacing);
        Assert.Equal([-2, 0, 0, 95, 0, -2, 0, 80, 0, 0, 5, -310, 0, 0, 0, 1], to.Affine);
        Assert.Equal(from.Affine, to.Affine);
        Assert.True(NiftiFile.ReadStatistics(map) is { Minimum: >= 0, Maximum: <= 1, NonFinite: 0 });
        Assert.Equal((3, 384, 730), SliceReader.ReadSize(Path.Combine(scanFolder, "soft.png"))); // panels of 96×88, enlarged four times
    }

    [Theory]
    [InlineData("is not an empty folder", "full")]
    [InlineData("'--seconds' is not understood", "out", "--seconds", "many")]
    [InlineData("'more' is not understood", "out", "more")]
    public async Task A_sample_refuses_what_it_does_not_understand_and_folders_that_hold_something(string said, params string[] args)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["full"]);
        File.WriteAllText(Path.Combine(folder["full"], "mine.txt"), "");
        (int code, string errors) = await SampleRun.Failing(folder, "Manifest", args);
        Assert.Equal(2, code);
        Assert.Contains(said, errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
        Assert.False(Directory.Exists(folder["runs"]));
    }

    [GeneratedRegex(@"(?<=: )[01]\.[0-9]{3}$", RegexOptions.Multiline)]
    private static partial Regex Score();

    [GeneratedRegex(@"(?<=listening on: )http://\S+")]
    private static partial Regex Listening();
}
