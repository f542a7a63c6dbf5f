using System.Text.Json;
using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Pictures;
using Consensus.ML.Cli.Shell;
using SkiaSharp;

namespace Consensus.ML.Cli.Tests;

/// <summary><c>consensus inspect</c> on cases and sets: numbers, pictures, and messages about options that cannot work.</summary>
public sealed class InspectTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void The_folder_of_a_case_is_described_with_its_masks()
    {
        string folder = MadeCase();
        CommandRun run = CommandRun.InProcess("inspect", folder).AssertSucceeded();
        Assert.Contains("case07", run.Out, StringComparison.Ordinal);

        using JsonDocument found = JsonDocument.Parse(CommandRun.InProcess("inspect", folder, "--json").AssertSucceeded().Out);
        JsonElement root = found.RootElement;
        Assert.Equal("case07", root.GetProperty("case").GetString());
        Assert.Equal((4, 4, 15), (
            root.GetProperty("image").GetProperty("height").GetInt32(), root.GetProperty("image").GetProperty("width").GetInt32(),
            root.GetProperty("image").GetProperty("max").GetInt32()));
        JsonElement[] raters = [.. root.GetProperty("raters").EnumerateArray()];
        Assert.Equal(["1", "2"], raters.Select(rater => rater.GetProperty("name").GetString()));
        Assert.Equal([4, 8], raters.Select(rater => rater.GetProperty("area").GetInt32()));
        Assert.Equal([0.25, 0.5], raters.Select(rater => rater.GetProperty("share").GetDouble()));

        // 2 · 4 / (4 + 8)
        Assert.Equal(2 / 3.0, root.GetProperty("meanPairwiseDice").GetDouble(), 1e-4);
        Assert.Equal(2 / 3.0, raters[0].GetProperty("dice").GetDouble(), 1e-4);
    }

    [Fact]
    public void A_case_is_drawn_by_its_folder_and_by_its_name_alike()
    {
        _workspace.Phantom();
        CommandRun.InProcess("inspect", _workspace.TrainingCase(2), "--png", _workspace["folder.png"]).AssertSucceeded();
        CommandRun run = CommandRun.InProcess(
            "inspect", "case02", "--data", _workspace["data"], "--task", "kidney", "--png", _workspace["name.png"]).AssertSucceeded();
        Assert.Contains(_workspace["name.png"], run.Out, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(_workspace["folder.png"]), File.ReadAllBytes(_workspace["name.png"]));
        using SKBitmap picture = SKBitmap.Decode(_workspace["name.png"]);
        Assert.True(picture.Width > 1000);
    }

    [Fact]
    public void A_file_is_drawn_alone_and_JSON_is_nothing_but_JSON()
    {
        string image = Path.Combine(MadeCase(), "image.nii");
        using JsonDocument found = JsonDocument.Parse(
            CommandRun.InProcess("inspect", image, "--json", "--png", _workspace["image.png"]).AssertSucceeded().Out);
        Assert.Equal("NIfTI-1", found.RootElement.GetProperty("format").GetString());
        Assert.True(File.Exists(_workspace["image.png"]));
    }

    [Fact]
    public void A_photograph_is_described_and_drawn_in_colour()
    {
        var photograph = new RgbImage(2, 2);
        byte[] colours = [200, 0, 0, 0, 100, 0, 0, 0, 50, 200, 0, 0];
        colours.CopyTo(photograph.Pixels, 0);
        photograph.SavePng(_workspace["skin.png"]);
        using JsonDocument found = JsonDocument.Parse(
            CommandRun.InProcess("inspect", _workspace["skin.png"], "--json", "--png", _workspace["drawn.png"]).AssertSucceeded().Out);
        JsonElement root = found.RootElement;
        Assert.Equal("PNG", root.GetProperty("format").GetString());
        Assert.Equal(
            (3, 2, 2),
            (root.GetProperty("channels").GetInt32(), root.GetProperty("height").GetInt32(), root.GetProperty("width").GetInt32()));
        Assert.Equal((0, 200), (root.GetProperty("min").GetInt32(), root.GetProperty("max").GetInt32()));
        using SKBitmap picture = SKBitmap.Decode(_workspace["drawn.png"]);
        Assert.Contains(picture.Pixels, colour => colour is { Red: 255, Green: 0, Blue: 0 });
    }

    [Fact]
    public void A_slice_of_a_volume_is_described_by_its_address()
    {
        NiftiFile.WriteSlice(_workspace["volume.nii"], new Slice(2, 3, 4, [.. Enumerable.Range(0, 24).Select(value => (float)value)]));
        using JsonDocument found = JsonDocument.Parse(
            CommandRun.InProcess("inspect", _workspace["volume.nii#axis=2,slice=0"], "--json").AssertSucceeded().Out);
        Assert.EndsWith("#axis=2,slice=0", found.RootElement.GetProperty("file").GetString(), StringComparison.Ordinal);
        Assert.Equal("NIfTI", found.RootElement.GetProperty("format").GetString());
    }

    [Fact]
    public void A_set_is_drawn_on_contact_sheets()
    {
        _workspace.Phantom();
        CommandRun run = CommandRun.InProcess(
            "inspect", "--data", _workspace["data"], "--png", _workspace["sheet.png"], "--sort", "agreement", "--cases", "1")
            .AssertSucceeded();
        Assert.Contains("sheet.png", Assert.Single(run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.True(File.Exists(_workspace["sheet.png"]));
        Assert.False(File.Exists(_workspace["sheet-2.png"]));
    }

    [Fact]
    public void More_than_a_hundred_cases_take_a_second_sheet()
    {
        string train = _workspace["cells/train"], first = Path.Combine(train, "case001");
        Directory.CreateDirectory(first);
        NiftiFile.WriteSlice(Path.Combine(first, "image.nii"), new Slice(1, 2, 2, [0, 1, 2, 3]));
        NiftiFile.WriteSlice(Path.Combine(first, "task01_seg01.nii"), new Slice(1, 2, 2, [0, 1, 1, 0]));
        for (int number = 2; number <= 101; number++)
        {
            string folder = Directory.CreateDirectory(Path.Combine(train, $"case{number:000}")).FullName;
            File.Copy(Path.Combine(first, "image.nii"), Path.Combine(folder, "image.nii"));
            File.Copy(Path.Combine(first, "task01_seg01.nii"), Path.Combine(folder, "task01_seg01.nii"));
        }

        CommandRun run = CommandRun.InProcess("inspect", "--data", _workspace["cells"], "--png", _workspace["sheet.png"]).AssertSucceeded();
        Assert.Contains("sheet-2.png", run.Out, StringComparison.Ordinal);
        Assert.True(
            File.Exists(_workspace["sheet.png"]) && File.Exists(_workspace["sheet-2.png"]) && !File.Exists(_workspace["sheet-3.png"]));
    }

    [Fact]
    public void An_unknown_case_lists_the_nearest_names()
    {
        _workspace.Phantom();
        CommandRun.InProcess("inspect", "case1", "--data", _workspace["data"], "--task", "kidney")
            .AssertFailed(2, "'case1'", "train case of kidney", "case01");
    }

    [Fact]
    public void A_folder_of_several_tasks_asks_which_and_takes_a_number_or_a_name()
    {
        string folder = MadeCase();
        NiftiFile.WriteSlice(Path.Combine(folder, "task02_seg01.nii"), new Slice(1, 4, 4, new float[16]));
        CommandRun.InProcess("inspect", folder).AssertFailed(2, "tasks 1, 2", "--task");
        CommandRun.InProcess("inspect", folder, "--task", "3").AssertFailed(2, "tasks 1, 2", "none of task 3");
        Assert.Contains(
            "task02_seg01.nii", CommandRun.InProcess("inspect", folder, "--task", "2").AssertSucceeded().Out, StringComparison.Ordinal);
        Assert.Contains(
            "task02_seg01.nii",
            CommandRun.InProcess("inspect", folder, "--task", "prostate-2").AssertSucceeded().Out,
            StringComparison.Ordinal);
        Assert.Contains(
            "task01_seg02.nii",
            CommandRun.InProcess("inspect", folder, "--task", "prostate").AssertSucceeded().Out,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_no_case_is_named()
    {
        Directory.CreateDirectory(_workspace["empty"]);
        CommandRun.InProcess("inspect", _workspace["empty"]).AssertFailed(1, _workspace["empty"], "image.nii.gz");
    }

    [Theory]
    [InlineData("needs --png", "--channel", "0")]
    [InlineData("without a case", "--cases", "3")]
    [InlineData("without a case", "--sort", "agreement")]
    [InlineData("needs --data", "--split", "val")]
    public void An_option_out_of_place_is_refused(string said, string option, string value) =>
        CommandRun.InProcess("inspect", MadeCase(), option, value).AssertFailed(2, option, said);

    [Fact]
    public void A_set_without_a_picture_to_draw_is_refused() =>
        CommandRun.InProcess("inspect", "--data", _workspace.Phantom()).AssertFailed(2, "--png");

    [Fact]
    public void A_picture_that_cannot_be_written_is_refused_before_anything_is_printed()
    {
        CommandRun run = CommandRun.InProcess("inspect", MadeCase(), "--png", _workspace.Root);
        run.AssertFailed(1, _workspace.Root, "folder");
        Assert.Empty(run.Out);
    }

    [Fact]
    public void A_channel_that_is_not_there_leaves_nothing()
    {
        CommandRun run = CommandRun.InProcess("inspect", MadeCase(), "--png", _workspace["case.png"], "--channel", "2");
        run.AssertFailed(1, "channel 2");
        Assert.Empty(run.Out);
        Assert.False(File.Exists(_workspace["case.png"]));
    }

    [Theory]
    [InlineData("case01", "case01", 0)]
    [InlineData("case1", "CASE01", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    public void The_distance_of_names_counts_letters_to_change(string first, string second, int distance) =>
        Assert.Equal(distance, NameDistance.Between(first, second));

    /// <summary>A case of 4 × 4 pixels with two masks: the first row, and the first two rows.</summary>
    private string MadeCase()
    {
        string folder = Directory.CreateDirectory(_workspace["case07"]).FullName;
        NiftiFile.WriteSlice(
            Path.Combine(folder, "image.nii"), new Slice(1, 4, 4, [.. Enumerable.Range(0, 16).Select(value => (float)value)]));
        for (int rater = 1; rater <= 2; rater++)
        {
            NiftiFile.WriteSlice(
                Path.Combine(folder, $"task01_seg{rater:00}.nii"),
                new Slice(1, 4, 4, [.. Enumerable.Range(0, 16).Select(pixel => pixel < 4 * rater ? 1f : 0f)]));
        }

        return folder;
    }
}
