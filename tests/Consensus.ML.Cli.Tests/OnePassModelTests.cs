using System.Text.Json;
using Consensus.ML.Datasets;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Cli.Tests;

/// <summary>The command with models that a program trained with UNetSegment.</summary>
public sealed class OnePassModelTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData(UNetKind.Levels, "1 pass, float32", 1)]
    [InlineData(UNetKind.MonteCarloDropout, "3 passes, float32", 3)]
    public void Evaluation_and_prediction_take_them(UNetKind kind, string sampling, int passes)
    {
        string data = _workspace.Phantom(), model = Train(kind);
        CommandRun run = CommandRun.InProcess(
            "evaluate", "--model", model, "--data", data, "--task", "kidney", "--json", _workspace["report.json"]).AssertSucceeded();
        Assert.Contains($"over 1 case at 32×32; {sampling}", run.Out, StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(_workspace["report.json"]));
        Assert.Empty(JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "evaluation-report.schema.json"))
            .Violations(report.RootElement));
        Assert.Equal("one-pass", report.RootElement.GetProperty("model").GetProperty("method").GetString());
        Assert.Equal(Spelling.Write(kind), report.RootElement.GetProperty("model").GetProperty("target").GetString());
        Assert.Equal(passes, report.RootElement.GetProperty("sampling").GetProperty("generations").GetInt32());
        Assert.Equal(JsonValueKind.Null, report.RootElement.GetProperty("sampling").GetProperty("sampler").ValueKind);

        string image = Path.Combine(data, "kidney", "val", "case01", "image.nii.gz");
        CommandRun.InProcess("predict", "--model", model, "--out", _workspace["maps"], "--generations", "2", "--seed", "4", image)
            .AssertSucceeded();
        Assert.Equal(
            ["case01.png", "case01_soft.nii.gz"],
            Directory.GetFiles(_workspace["maps"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_of_diffusion_alone_is_refused()
    {
        string data = _workspace.Phantom(), model = Train(UNetKind.Levels);
        string[] evaluate = ["evaluate", "--model", model, "--data", data, "--task", "kidney"];
        CommandRun.InProcess([.. evaluate, "--sampler", "ddim"]).AssertFailed(2, "Option --sampler is for diffusion models");
        CommandRun.InProcess([.. evaluate, "--sampling-steps", "2"]).AssertFailed(2, "Option --sampling-steps is for diffusion models");
        string[] train = ["train", "--data", data, "--task", "kidney", "--from", model, "--steps", "1", "--out", _workspace["further.zip"]];
        CommandRun.InProcess([.. train, "--preset", "compact"])
            .AssertFailed(2, "--preset is for the method consensus; it does not go with the method level-unet");
        CommandRun.InProcess([.. train, "--target", "consensus"]).AssertFailed(2, "--target is for the method consensus");
        CommandRun.InProcess([.. train, "--method", "consensus"])
            .AssertFailed(2, "--method consensus does not go with --from: that model's method is level-unet");
        CommandRun.InProcess([.. train, "--method", "mcd"])
            .AssertFailed(2, "--method mcd does not go with --from: that model's method is level-unet");
        Assert.False(File.Exists(_workspace["further.zip"]));
    }

    [Fact]
    public void Training_may_use_all_cases_and_then_chooses_no_weights()
    {
        string data = _workspace.Phantom();
        string[] command = ["train", "--data", data, "--task", "kidney", "--size", "16", "--steps", "2"];
        string[] train = [.. command, "--method", "level-unet"], written = ["--out", _workspace["all.zip"]];
        string chosen = CommandRun.InProcess([.. train, .. written]).AssertSucceeded().Out;
        Assert.Contains(" on the cases set aside.", chosen, StringComparison.Ordinal);
        string none = CommandRun.InProcess([.. train, "--validation-fraction", "0", .. written]).AssertSucceeded().Out;
        Assert.Contains("2 steps in ", none, StringComparison.Ordinal);
        Assert.DoesNotContain("soft Dice", none, StringComparison.Ordinal);

        // By diffusion, that is so by itself in a short training on few cases.
        string[] diffusion = [.. command, "--out", _workspace["diffusion.zip"]];
        string few = CommandRun.InProcess(diffusion).AssertSucceeded().Out;
        Assert.Contains("all are trained on, and the last weights are kept (--validation-fraction).", few, StringComparison.Ordinal);
        Assert.DoesNotContain("soft Dice", few, StringComparison.Ordinal);
        string asked = CommandRun.InProcess([.. diffusion, "--validation-fraction", "0.1"]).AssertSucceeded().Out;
        Assert.Contains(" on the cases set aside.", asked, StringComparison.Ordinal);
        Assert.DoesNotContain("all are trained on", asked, StringComparison.Ordinal);

        byte[] before = File.ReadAllBytes(_workspace["all.zip"]);
        CommandRun.InProcess([.. train, "--validation-fraction", "0.6", .. written])
            .AssertFailed(2, "'0.6' is not a value of --validation-fraction; it must be a number from 0 to 0.5");
        CommandRun.InProcess([.. train, "--validation-fraction", "0.2", "--validation-split", "val", .. written])
            .AssertFailed(2, "--validation-fraction and --validation-split val both say which cases choose the best weights");
        CommandRun.InProcess([.. train, "--validation-fraction", "0", "--patience", "3", .. written])
            .AssertFailed(2, "--patience 3 counts validations, and with --validation-fraction 0 there are none");
        Assert.Equal(before, File.ReadAllBytes(_workspace["all.zip"]));
    }

    [Theory]
    [InlineData(UNetKind.Levels, "level-unet")]
    [InlineData(UNetKind.MultiHead, null)]
    public void The_command_trains_them_further(UNetKind kind, string? method)
    {
        string data = _workspace.Phantom(), model = Train(kind);
        string[] train = ["train", "--data", data, "--task", "kidney", "--from", model, "--steps", "1", "--out", _workspace["further.zip"]];
        CommandRun run = CommandRun.InProcess(method is null ? train : [.. train, "--method", method]).AssertSucceeded();
        Assert.Contains($"at 32×32 pixels: 3 raters, {Spelling.Write(kind)} in one pass.", run.Out, StringComparison.Ordinal);
        ITransformer further = new MLContext().Model.Load(_workspace["further.zip"], out _);
        UNetSegmentationTransformer trained = Assert.Single(((IEnumerable<ITransformer>)further).OfType<UNetSegmentationTransformer>());
        Assert.Equal((kind, 3, 3), (trained.Kind, trained.Levels, trained.Sampling.Generations));
        ((IDisposable)further).Dispose();
    }

    [Theory]
    [InlineData("level-unet", UNetKind.Levels)]
    [InlineData("soft-unet", UNetKind.SoftLabel)]
    [InlineData("mv-unet", UNetKind.MajorityVote)]
    [InlineData("ls-unet", UNetKind.LabelSampling)]
    [InlineData("mh-unet", UNetKind.MultiHead)]
    [InlineData("mcd", UNetKind.MonteCarloDropout)]
    [InlineData("ssn", UNetKind.StochasticSegmentation)]
    [InlineData("prob-unet", UNetKind.ProbabilisticUNet)]
    public void The_command_trains_them_by_the_names_that_a_study_has_for_them(string method, UNetKind kind)
    {
        string[] train =
        [
            "train", "--data", _workspace.Phantom(), "--task", "kidney", "--size", "32", "--steps", "1",
            "--out", _workspace["one-pass.zip"], "--method", method,
        ];
        CommandRun run = CommandRun.InProcess(train).AssertSucceeded();
        Assert.Contains($"3 raters, {Spelling.Write(kind)} in one pass.", run.Out, StringComparison.Ordinal);
        ITransformer model = new MLContext().Model.Load(_workspace["one-pass.zip"], out _);
        UNetSegmentationTransformer trained = Assert.Single(((IEnumerable<ITransformer>)model).OfType<UNetSegmentationTransformer>());
        Assert.Equal((kind, 3, 32), (trained.Kind, trained.Levels, trained.Height));
        ((IDisposable)model).Dispose();
        CommandRun.InProcess([.. train, "--target", "annotator"])
            .AssertFailed(2, $"--target is for the method consensus; it does not go with the method {method}");
        CommandRun.InProcess([.. train, "--preset", "paper"]).AssertFailed(2, "--preset is for the method consensus");
        CommandRun.InProcess([.. train, "--level-conditioning", "channels"])
            .AssertFailed(2, "--level-conditioning is for the method consensus");
        CommandRun.InProcess([.. train[..^1], "unet"]).AssertFailed(
            2,
            "'unet' is not a value of --method; it must be one of consensus, level-unet, soft-unet, mv-unet, ls-unet, mh-unet, mcd, "
            + "fcn-like, daf-like, mrnet-like, fpm-like, ssn, prob-unet");
    }

    private string Train(UNetKind kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView cases = ml.Data.LoadFromQubiq(_workspace["data"], QubiqTask.Kidney, QubiqSplit.Train);
        using var model = ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image"))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 32, width: 32))
            .Append(ml.Transforms.UNetSegment(new()
            {
                Kind = kind,
                Network = new() { ChannelMultipliers = [1, 1], ResidualBlocks = 1 },
                Training = new() { Steps = 1, BatchSize = 1, ValidationFraction = 0 },
                Sampling = new() { Generations = 3 },
            }))
            .Fit(cases);
        ml.Model.Save(model, cases.Schema, _workspace["model.zip"]);
        return _workspace["model.zip"];
    }
}
