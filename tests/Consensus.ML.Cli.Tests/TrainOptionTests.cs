using System.CommandLine;
using System.IO.Compression;
using Consensus.ML.Cli.Training;
using Consensus.ML.Datasets;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Cli.Tests;

/// <summary>The options of 'train' for mirroring, coordinates, memory and members, and what it prints about them.</summary>
public sealed class TrainOptionTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData(null, "columns")]
    [InlineData("none", "no axis")]
    [InlineData("rows", "rows")]
    [InlineData("both", "columns and rows")]
    public void The_axes_of_mirroring_are_the_task_s_or_those_asked_for(string? asked, string said)
    {
        string data = _workspace.Phantom();
        string[] mirror = asked is null ? [] : ["--augment-mirror", asked];
        CommandRun run = CommandRun.InProcess(
            [
                "train", "--data", data, "--task", "kidney", "--size", "32", "--steps", "1", "--method", "level-unet",
                "--memory-limit", "0", .. mirror, "--out", _workspace["model.zip"],
            ]).AssertSucceeded();

        // Two cases: 32 × 32 values of four bytes, and three masks of 32 × 32 bits.
        Assert.Contains(
            $"The cases take about {2 * ((4 * 32 * 32) + (3 * 32 * 32 / 8)) / 1e6:0.#} MB of memory, and are "
            + $"mirrored along {said} (--augment-mirror).",
            run.Out,
            StringComparison.Ordinal);
        Assert.Contains(run.ErrorLines, line => line.StartsWith("consensus: warning: The cases will take about", StringComparison.Ordinal)
            && line.Contains("(MemoryLimit)", StringComparison.Ordinal));
        Assert.Contains(run.ErrorLines, line => line.StartsWith(
            "consensus: warning: Training is to end after 1 step, within its warm-up of 50 steps", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, false, null)]
    [InlineData(true, false, null)]
    [InlineData(true, true, null)]
    [InlineData(false, true, "training-set")]
    public void What_the_cases_decided_is_said(bool areUpright, bool areExposedAlike, string? normalization)
    {
        const int Side = 32;
        new DatasetManifest
        {
            Folder = _workspace.Root,
            Name = "bars",
            Raters = ["r1", "r2"],
            Cases = [.. Enumerable.Range(0, 8).Select(Bar)],
        }.Write(_workspace["dataset.json"]);
        CommandRun run = CommandRun.InProcess(
            [
                "train", "--data", _workspace["dataset.json"], "--size", "32", "--steps", "1", "--method", "level-unet",
                .. normalization is null ? [] : (string[])["--normalization", normalization], "--out", _workspace["model.zip"],
            ]).AssertSucceeded();
        string[] lines = run.Out.Split('\n');
        Assert.Equal(!areUpright, lines.Contains("The cases have no common orientation, so training rotated them by any angle."));
        Assert.Equal(
            !areExposedAlike && normalization is null, lines.Contains("Each slice has its own scale of grey values (--normalization)."));

        // A bright bar, upright or lying, that both raters drew. A little brighter in each case: no two cases are the same.
        DatasetCase Bar(int number)
        {
            bool isUpright = areUpright || number % 2 == 0;
            byte brightness = (byte)((areExposedAlike ? 200 : 20 * (number + 1)) + number);
            byte[] rows =
            [
                .. Enumerable.Range(0, Side).SelectMany(y => (byte[])
                    [0, .. Enumerable.Range(0, Side).Select(x => Math.Abs((isUpright ? x : y) - 15.5) < 6 ? brightness : (byte)0)]),
            ];
            string file = _workspace[$"bar{number}.png"];
            File.WriteAllBytes(file, new PngBytes { Width = Side, Height = Side, Rows = rows }.File());
            return new($"bar{number}", [file], new Dictionary<string, string> { ["r1"] = file, ["r2"] = file }, "train");
        }
    }

    [Fact]
    public void The_network_is_told_where_pixels_lie_unless_it_is_turned_off_or_the_first_model_was_not()
    {
        string data = _workspace.Phantom(), first = _workspace["first.zip"], second = _workspace["second.zip"];
        string[] train = ["train", "--data", data, "--task", "kidney", "--steps", "1", "--out"], small = ["--size", "32"];
        CommandRun.InProcess([.. train, first, .. small]).AssertSucceeded();
        Assert.True(HasCoordinates(first));
        CommandRun.InProcess([.. train, first, .. small, "--coordinates", "off"]).AssertSucceeded();
        Assert.False(HasCoordinates(first));
        CommandRun.InProcess([.. train, second, "--from", first]).AssertSucceeded();
        Assert.False(HasCoordinates(second));
        CommandRun.InProcess([.. train, second, "--from", first, "--coordinates", "on"]).AssertFailed(
            1, "The model to start from cannot be trained further", "Network.EncoderCoordinates is false there and true here");
        CommandRun.InProcess([.. train, second, .. small, "--method", "level-unet", "--coordinates", "off"]).AssertFailed(
            2, "--coordinates is for the method consensus; it does not go with the method level-unet");

        static bool HasCoordinates(string zip) => (bool)ModelZip.Manifest(zip)["network"]!["encoderCoordinates"]!;
    }

    [Fact]
    public void Reduced_slices_are_means_unless_it_is_turned_off_as_published_or_the_first_model_did_not()
    {
        string data = _workspace.Phantom(), first = _workspace["first.zip"], second = _workspace["second.zip"];
        Train("--antialias", "off", "--out", first);
        Assert.False(Antialias(first));
        Train("--from", first, "--out", second);
        Assert.False(Antialias(second));
        Train("--from", first, "--antialias", "on", "--out", second);
        Assert.True(Antialias(second));
        Train("--out", second);
        Assert.True(Antialias(second));

        var paper = new TrainArguments();
        var command = new Command("train") { paper.Preset, paper.Antialias };
        Assert.False(paper.ReadAntialias(command.Parse("--preset paper"), null));
        Assert.True(paper.ReadAntialias(command.Parse("--preset paper --antialias on"), null));

        void Train(params string[] options) => CommandRun.InProcess(
            [
                "train", "--data", data, "--task", "kidney", "--steps", "1", "--method", "level-unet",
                .. options.Contains("--from") ? [] : (string[])["--size", "32"], .. options,
            ]).AssertSucceeded();

        static bool Antialias(string zip)
        {
            using var model = (TransformerChain<ITransformer>)new MLContext().Model.Load(zip, out _);
            return model.GetSteps().OfType<SliceResizingTransformer>().Single().Antialias;
        }
    }

    [Fact]
    public void Members_are_trained_in_one_run_and_written_to_one_model()
    {
        string data = _workspace.Phantom(), model = _workspace["model.zip"];
        CommandRun run = CommandRun.InProcess(
            [
                "train", "--data", data, "--task", "kidney", "--size", "32", "--steps", "1", "--method", "level-unet",
                "--members", "3", "--out", model,
            ]).AssertSucceeded();

        Assert.Contains("3 raters, levels in one pass, 3 networks.", run.Out, StringComparison.Ordinal);
        using ZipArchive zip = ZipFile.OpenRead(model);
        Assert.Equal(3, zip.Entries.Count(entry => entry.Name.EndsWith(".safetensors", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_number_of_members_that_is_none_is_refused()
    {
        CommandRun run = CommandRun.InProcess(["train", "--data", ".", "--task", "kidney", "--members", "0", "--out", "model.zip"]);

        Assert.Equal(2, run.Code);
        Assert.Contains("--members", run.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("1 to 64", run.ErrorLines[0], StringComparison.Ordinal);
    }
}
