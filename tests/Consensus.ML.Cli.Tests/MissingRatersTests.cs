using System.Text.Json;

namespace Consensus.ML.Cli.Tests;

/// <summary>Cases that some raters have not drawn, from a shell: left out by name, or trained on and scored with the raters that are there.</summary>
public sealed class MissingRatersTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("drop", 2)]
    [InlineData("fraction", 3)]
    public void Incomplete_cases_are_named_and_left_out_or_kept(string policy, int cases)
    {
        string data = _workspace.Phantom(cases: 4);
        File.Delete(Path.Combine(_workspace.TrainingCase(2), "task01_seg01.nii.gz"));
        CommandRun trained = CommandRun.InProcess(
            "train", "--data", data, "--task", "kidney", "--missing-raters", policy, "--size", "32", "--steps", "1", "--precision", "float32", "--out", _workspace["model.zip"]).AssertSucceeded();
        Assert.Contains("'case02'", Assert.Single(trained.ErrorLines), StringComparison.Ordinal);
        CommandRun scored = CommandRun.InProcess(
            "evaluate", "--model", _workspace["model.zip"], "--data", data, "--task", "kidney", "--split", "train", "--missing-raters", policy, "--json", "-",
            "--generations", "1", "--sampler", "ddim", "--sampling-steps", "1").AssertSucceeded();
        using JsonDocument report = JsonDocument.Parse(scored.Out);
        Assert.Equal(3, report.RootElement.GetProperty("model").GetProperty("raters").GetInt32());
        JsonElement[] scores = [.. report.RootElement.GetProperty("cases").EnumerateArray()];
        Assert.Equal(cases, scores.Length);
        Assert.Equal(policy == "drop" ? [3, 3] : [3, 2, 3], scores.Select(one => one.GetProperty("raters").GetInt32()));
    }
}
