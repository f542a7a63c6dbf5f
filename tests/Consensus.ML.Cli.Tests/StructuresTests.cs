using System.Text.Json;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>Several tasks of a set in one model, and the masks of its raters by name.</summary>
public sealed class StructuresTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    [Trait("Category", "Slow")]
    public void Two_tasks_and_their_raters_are_trained_scored_and_predicted_by_one_model()
    {
        string data = Prostate(), model = _workspace["prostate.zip"], report = _workspace["report.json"], maps = _workspace["maps"];
        CommandRun trained = CommandRun.InProcess(
            "train", "--data", data, "--task", "prostate-1,prostate-2", "--named-raters", "--size", "32", "--steps", "2", "--out", model)
            .AssertSucceeded();
        Assert.Contains(
            "Training on prostate-1, prostate-2 at 32×32 pixels: prostate-1 by 6 raters, prostate-2 by 6 raters, "
            + "target consensus and each rater by name.",
            trained.Out,
            StringComparison.Ordinal);

        CommandRun scored = CommandRun.InProcess(
            "evaluate", "--model", model, "--data", data, "--task", "prostate-1,prostate-2", "--json", report).AssertSucceeded();
        Assert.Contains("prostate-1: Soft Dice", scored.Out, StringComparison.Ordinal);
        Assert.Contains("prostate-2: Soft Dice", scored.Out, StringComparison.Ordinal);
        Assert.Contains("mask of", scored.Out, StringComparison.Ordinal);
        using JsonDocument scores = JsonDocument.Parse(File.ReadAllText(report));
        Assert.Empty(JsonSchema.Read(Schema("structures-report")).Violations(scores.RootElement));
        JsonElement[] structures = [.. scores.RootElement.GetProperty("structures").EnumerateArray()];
        Assert.Equal(["prostate-1", "prostate-2"], structures.Select(one => one.GetProperty("name").GetString()));
        Assert.All(structures, one =>
        {
            Assert.Empty(JsonSchema.Read(Schema("evaluation-report")).Violations(one.GetProperty("report")));
            Assert.Equal(6, one.GetProperty("raterMaps").GetProperty("raters").GetArrayLength());
            Assert.Equal(6, one.GetProperty("raterMaps").GetProperty("cases").GetArrayLength());
        });

        // One of the two can be scored alone, at the size of its images too.
        CommandRun alone = CommandRun.InProcess(
            "evaluate", "--model", model, "--data", data, "--task", "prostate-2", "--native").AssertSucceeded();
        Assert.Contains("prostate-2: Soft Dice", alone.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("prostate-1: Soft Dice", alone.Out, StringComparison.Ordinal);
        AssertShardsMakeTheReport("evaluate", "--model", model, "--data", data, "--task", "prostate-1,prostate-2", "--split", "train");

        CommandRun.InProcess("predict", "--model", model, "--out", maps, "--data", data, "--task", "prostate-1,prostate-2")
            .AssertSucceeded();
        string[] expected =
        [
            .. new[] { "prostate-1", "prostate-2" }.SelectMany(task => (string[])
            [
                $"case01_{task}.png", .. Enumerable.Range(1, 6).Select(rater => $"case01_{task}_rater_{rater}.nii.gz"),
                $"case01_{task}_raters.png", $"case01_{task}_soft.nii.gz",
            ]),
        ];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal), Directory.GetFiles(maps).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains(
            "1 skipped",
            CommandRun.InProcess("predict", "--model", model, "--out", maps, "--data", data, "--task", "prostate-1", "--skip-existing")
                .AssertSucceeded().Out,
            StringComparison.Ordinal);
        string exported = _workspace["model.onnx"], again = _workspace["again"];
        CommandRun.InProcess(
            "export", "--model", model, "--out", exported, "--sampler", "ddim", "--sampling-steps", "2", "--tolerance", "0")
            .AssertSucceeded();
        CommandRun.InProcess("predict", "--model", exported, "--out", again, "--data", data, "--task", "prostate-1,prostate-2")
            .AssertSucceeded();
        Assert.Equal(
            expected.Order(StringComparer.Ordinal), Directory.GetFiles(again).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Tasks_that_cannot_go_into_one_model_are_refused_before_training()
    {
        string data = Prostate(), model = _workspace["model.zip"];
        Train("--task", "prostate-1,prostate-2", "--method", "level-unet")
            .AssertFailed(2, "--task names 2 tasks", "levels U-Net learns one");
        Train("--task", "prostate-1,prostate-2", "--target", "annotator").AssertFailed(2, "The target annotator learns one structure");
        Train("--task", "prostate-1,prostate-1").AssertFailed(2, "--task names 'prostate-1' twice");
        Train("--task", "prostate-1,").AssertFailed(2, "names with a comma between two");
        Train("--task", "prostate-1", "--method", "level-unet", "--named-raters")
            .AssertFailed(2, "--named-raters is for the method consensus");
        CommandRun.InProcess("raters", "--data", data, "--task", "prostate-1,prostate-2").AssertFailed(2, "prostate-1,prostate-2");
        Assert.False(File.Exists(model));

        CommandRun Train(params string[] options) => CommandRun.InProcess(["train", "--data", data, .. options, "--out", model]);
    }

    /// <summary>Two processes that score a case each leave records, which make the report of one process.</summary>
    private void AssertShardsMakeTheReport(params string[] evaluate)
    {
        string records = _workspace["records"], whole = _workspace["whole.json"], merged = _workspace["merged.json"];
        string tables = CommandRun.InProcess([.. evaluate, "--json", whole]).AssertSucceeded().Out;
        for (int shard = 0; shard < 2; shard++)
        {
            string text = CommandRun.InProcess([.. evaluate, "--records", records, "--shard", $"{shard}/2"]).AssertSucceeded().Out;
            Assert.Matches($@"case0{shard + 1}: prostate-1 soft Dice 0\.\d+, prostate-2 soft Dice 0\.\d+ → ", text);
        }

        Assert.Equal(tables, CommandRun.InProcess("merge", records, "--json", merged).AssertSucceeded().Out);
        Assert.Equal(File.ReadAllBytes(whole), File.ReadAllBytes(merged));
        CommandRun.InProcess([.. evaluate, "--records", records, "--shard", "0/2", "--generations", "3"])
            .AssertFailed(1, "records of another run", "generations");
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(records, "manifest.json"))),
            record = JsonDocument.Parse(File.ReadAllText(Path.Combine(records, "case-000001.json")));
        Assert.Empty(JsonSchema.Read(Schema("structures-manifest")).Violations(manifest.RootElement));
        Assert.Empty(JsonSchema.Read(Schema("structures-record")).Violations(record.RootElement));
        Assert.Equal(6, record.RootElement.GetProperty("structures")[1].GetProperty("raters").GetArrayLength());
        File.Delete(Path.Combine(records, "case-000000.json"));
        CommandRun missing = CommandRun.InProcess("merge", records, "--json", merged);
        Assert.Equal(1, missing.Code);
        Assert.Contains("case 0 'case01' has no record", missing.ErrorLines[0], StringComparison.Ordinal);
    }

    private static string Schema(string name) => Path.Combine(AppContext.BaseDirectory, "data-schemas", $"{name}.schema.json");

    private string Prostate()
    {
        foreach (QubiqTask task in new[] { QubiqTask.Prostate1, QubiqTask.Prostate2 })
        {
            PhantomDataset.Write(_workspace["data"], task, 2, 1, seed: 7, size: 32);
        }

        return _workspace["data"];
    }
}
