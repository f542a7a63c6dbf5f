using System.Text.Json;

namespace Consensus.ML.Cli.Tests;

/// <summary>A model goes into an ONNX file, and the other commands take that file as they take the zip.</summary>
public sealed class ExportTests(TrainedModel model) : IClassFixture<TrainedModel>, IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void With_noise_as_an_input_the_scores_are_those_of_the_zip()
    {
        string onnx = _workspace["model.onnx"];
        Assert.Contains(
            "4 generations in turn mirrored, ddim, 1 step, float32",
            CommandRun.InProcess("export", "--model", model.Path, "--out", onnx, "--noise", "input").AssertSucceeded().Out,
            StringComparison.Ordinal);
        Assert.Equal(Score(model.Path), Score(onnx), 1e-3);
        Assert.Equal(Score(model.Path, "--generations", "2"), Score(onnx, "--generations", "2"), 1e-3);
    }

    [Fact]
    public void Maps_are_predicted_from_the_file()
    {
        string onnx = _workspace["model.onnx"];
        CommandRun.InProcess("export", "--model", model.Path, "--out", onnx, "--generations", "1").AssertSucceeded();
        CommandRun.InProcess("predict", "--model", onnx, "--out", _workspace["maps"], model.ValidationImage).AssertSucceeded();
        Assert.True(File.Exists(Path.Combine(_workspace["maps"], "case01_soft.nii.gz")));
        CommandRun.InProcess("predict", "--model", onnx, "--out", _workspace["maps"], "--generations", "3", model.ValidationImage)
            .AssertFailed(1, "Generations is 1 in the graph");
    }

    [Theory]
    [InlineData("Ddpm", "--sampler", "ddpm")]
    [InlineData("Tolerance", "--tolerance", "0.01")]
    public void What_a_graph_cannot_hold_is_refused_by_name(string name, params string[] options)
    {
        string onnx = _workspace["refused.onnx"];
        CommandRun.InProcess(["export", "--model", model.Path, "--out", onnx, .. options]).AssertFailed(1, name);
        Assert.False(File.Exists(onnx));
    }

    [Fact]
    public void A_file_that_is_no_exported_model_is_refused()
    {
        string onnx = _workspace["bad.onnx"];
        File.WriteAllText(onnx, "no model");
        CommandRun.InProcess("predict", "--model", onnx, "--out", _workspace["maps"], model.ValidationImage).AssertFailed(1, "bad.onnx");
    }

    private double Score(string path, params string[] options)
    {
        string report = _workspace["report.json"];
        CommandRun.InProcess(
            ["evaluate", "--model", path, "--data", model.Data, "--task", "kidney", "--precision", "float32", "--json", report, .. options])
            .AssertSucceeded();
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(report));
        return json.RootElement.GetProperty("softDice5").GetDouble();
    }
}
