using System.Text.Json;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary><c>consensus ensemble</c> combines several trained models into one model.</summary>
public sealed class EnsembleTests(TrainedModel trained) : IClassFixture<TrainedModel>, IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void Models_of_different_seeds_become_one_that_is_evaluated_predicts_and_can_be_a_member()
    {
        string second = Train("second.zip", "--seed", "4"), third = Train("third.zip", "--seed", "5"),
            together = _workspace["together.zip"];
        CommandRun run = CommandRun.InProcess("ensemble", "--out", together, trained.Path, second).AssertSucceeded();
        Assert.Contains($"Wrote {together} (", run.Out, StringComparison.Ordinal);
        Assert.Contains("an ensemble of 2 networks, which take 2 times as long as one.", run.Out, StringComparison.Ordinal);

        string[] evaluate = ["--data", trained.Data, "--task", "kidney", "--json", _workspace["report.json"]];
        Assert.Contains(
            "4 generations in turn mirrored, ddim, 1 step, bfloat16, of each of 2 networks",
            CommandRun.InProcess(["evaluate", "--model", together, .. evaluate]).AssertSucceeded().Out,
            StringComparison.Ordinal);
        Assert.Equal(2, Members());
        CommandRun.InProcess(["evaluate", "--model", second, .. evaluate]).AssertSucceeded();
        Assert.Equal(1, Members());
        CommandRun.InProcess("predict", "--model", together, "--out", _workspace["maps"], trained.ValidationImage).AssertSucceeded();
        Assert.True(File.Exists(Path.Combine(_workspace["maps"], "case01_soft.nii.gz")));

        Assert.Contains(
            "an ensemble of 3 networks",
            CommandRun.InProcess("ensemble", together, third, "--out", _workspace["three.zip"]).AssertSucceeded().Out,
            StringComparison.Ordinal);
        string[] further =
        [
            "train", "--data", trained.Data, "--task", "kidney", "--from", together, "--steps", "1", "--out", _workspace["further.zip"],
        ];
        CommandRun.InProcess([.. further, "--members", "3"])
            .AssertFailed(2, "--members 3 does not go with --from: that model is an ensemble of 2", "Give 2, or leave --members out.");
        Assert.Contains(", 2 networks.", CommandRun.InProcess(further).AssertSucceeded().Out, StringComparison.Ordinal);

        int Members()
        {
            using JsonDocument report = JsonDocument.Parse(File.ReadAllText(_workspace["report.json"]));
            Assert.Empty(JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "evaluation-report.schema.json"))
                .Violations(report.RootElement));
            return report.RootElement.GetProperty("model").GetProperty("members").GetInt32();
        }
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void What_does_not_go_together_is_refused_by_file_and_nothing_is_written()
    {
        string again = Train("again.zip", "--seed", "3"), onePass = Train("one-pass.zip", "--seed", "3", "--method", "level-unet"),
            larger = Train("larger.zip", "--seed", "4", "--size", "40"), output = _workspace["out.zip"];
        string[] before = _workspace.Contents();
        CommandRun.InProcess("ensemble", "--out", output, trained.Path).AssertFailed(2, "at least two models, but 1 was named");
        CommandRun.InProcess("ensemble", "--out", output).AssertFailed(2, "at least two models, but 0 were named");
        CommandRun.InProcess("ensemble", trained.Path, again).AssertFailed(2, "'--out' is required");
        CommandRun.InProcess("ensemble", "--out", output, trained.Path, again)
            .AssertFailed(1, $"'{trained.Path}' and '{again}': they have the same weights. Train each from a seed of its own.");
        CommandRun.InProcess("ensemble", "--out", output, trained.Path, onePass)
            .AssertFailed(1, $"'{trained.Path}' is a consensus segmentation, and '{onePass}' a one-pass U-Net");
        CommandRun.InProcess("ensemble", "--out", output, trained.Path, larger)
            .AssertFailed(1, $"Height is 40 in '{larger}' and 32 in '{trained.Path}'");
        CommandRun.InProcess("ensemble", "--out", output, trained.Path, _workspace["missing.zip"])
            .AssertFailed(1, "There is no model", "missing.zip");
        CommandRun.InProcess("ensemble", "--out", output, trained.Path, trained.ValidationImage)
            .AssertFailed(1, trained.ValidationImage, "is not a model");
        CommandRun.InProcess("ensemble", "--out", again, trained.Path, again)
            .AssertFailed(2, $"--out {again} would replace '{again}', one of the models it is made of");
        CommandRun.InProcess("ensemble", "--out", _workspace.Root, trained.Path, again).AssertFailed(1, "it is a folder");
        Assert.Equal(before, _workspace.Contents());
    }

    private string Train(string name, params string[] options)
    {
        string[] size = options.Contains("--size") ? [] : ["--size", "32"];
        CommandRun.InProcess([
            "train", "--data", trained.Data, "--task", "kidney", "--steps", "2", "--precision", "float32",
            "--out", _workspace[name], .. size, .. options,
        ]).AssertSucceeded();
        return _workspace[name];
    }
}
