namespace Consensus.ML.Cli.Tests;

/// <summary>The options of 'train' for mirroring and memory, and what it prints about them.</summary>
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
}
