using System.Text.Json;
using Consensus.Imaging.Labels;
using Consensus.ML.Datasets;

namespace Consensus.ML.Cli.Tests;

/// <summary>
/// The command with cases that some raters have not segmented. They are left out with a warning, or trained on and scored with the raters
/// that they have.
/// </summary>
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
        CheckBoth(policy, cases, data, "--task", "kidney", "--missing-raters", policy);
    }

    [Theory]
    [InlineData("drop", 2)]
    [InlineData("fraction", 3)]
    public void A_manifest_has_a_rule_of_its_own(string policy, int cases)
    {
        string data = _workspace.Phantom(cases: 4);
        DatasetCase Case(int number, params int[] raters) => new(
            $"case{number:00}",
            [Path.Combine(_workspace.TrainingCase(number), "image.nii.gz")],
            raters.ToDictionary(
                rater => $"r{rater}", rater => Path.Combine(_workspace.TrainingCase(number), $"task01_seg{rater:00}.nii.gz")),
            "train");
        new DatasetManifest
        {
            Folder = data,
            Name = "phantoms",
            Raters = ["r1", "r2", "r3"],
            MissingRaters = policy == "drop" ? MissingRaters.Drop : MissingRaters.Fraction,
            Cases = [Case(1, 1, 2, 3), Case(2, 2, 3), Case(3, 1, 2, 3)],
        }.Write(_workspace["dataset.json"]);
        CheckBoth(policy, cases, _workspace["dataset.json"]);
    }

    private void CheckBoth(string policy, int cases, string data, params string[] more)
    {
        CommandRun trained = CommandRun.InProcess(
            ["train", "--data", data, .. more, "--size", "32", "--steps", "1", "--precision", "float32", "--out", _workspace["model.zip"]])
            .AssertSucceeded();
        Assert.Contains("'case02'", trained.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("warm-up", Assert.Single(trained.ErrorLines[1..]), StringComparison.Ordinal);
        CommandRun scored = CommandRun.InProcess(
            [
                "evaluate", "--model", _workspace["model.zip"], "--data", data, .. more, "--split", "train", "--json", "-",
                "--generations", "1", "--sampler", "ddim", "--sampling-steps", "1",
            ]).AssertSucceeded();
        using JsonDocument report = JsonDocument.Parse(scored.Out);
        Assert.Equal(3, report.RootElement.GetProperty("model").GetProperty("raters").GetInt32());
        JsonElement[] scores = [.. report.RootElement.GetProperty("cases").EnumerateArray()];
        Assert.Equal(cases, scores.Length);
        Assert.Equal(policy == "drop" ? [3, 3] : [3, 2, 3], scores.Select(score => score.GetProperty("raters").GetInt32()));
    }
}
