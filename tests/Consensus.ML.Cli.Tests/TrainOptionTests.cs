using System.IO.Compression;

namespace Consensus.ML.Cli.Tests;

/// <summary>The options of 'train' for mirroring, memory and members, and what it prints about them.</summary>
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
