using System.Text.Json;
using System.Text.Json.Nodes;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Records;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary><c>consensus predict --records</c>, and <c>consensus merge</c>, which says whether every input has its result.</summary>
public sealed class PredictionRecordTests(TrainedModel model) : IClassFixture<TrainedModel>, IDisposable
{
    private readonly Workspace _workspace = new();

    private string[] Cases => ["--data", model.Data, "--task", "kidney", "--split", "train"];

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void Shards_and_merge_give_the_results_of_one_process_byte_for_byte()
    {
        Predict("whole/maps", "whole/records").AssertSucceeded();
        for (int shard = 2; shard >= 0; shard--)
        {
            Predict("shards/maps", "shards/records", "--shard", $"{shard}/3").AssertSucceeded();
        }

        Assert.Equal(
            "3 inputs are predicted; their 6 files are as they were written.\n",
            Merge("whole/records", "--json", _workspace["whole.json"]).AssertSucceeded().Out);
        Merge("shards/records", "--json", _workspace["shards.json"]).AssertSucceeded();
        Assert.Equal(File.ReadAllBytes(_workspace["whole.json"]), File.ReadAllBytes(_workspace["shards.json"]));
        Assert.Equal(File.ReadAllText(_workspace["whole.json"]), Merge("whole/records", "--json", "-").AssertSucceeded().Out);

        JsonArray cases = JsonNode.Parse(File.ReadAllText(_workspace["whole.json"]))!["cases"]!.AsArray();
        Assert.Equal(["case01", "case02", "case03"], cases.Select(one => (string)one!["name"]!));
        Assert.Equal(
            ["../maps/case01_soft.nii.gz", "../maps/case01.png"], cases[0]!["outputs"]!.AsArray().Select(file => (string)file!["path"]!));
        Valid("prediction-report", _workspace["whole.json"]);
        Valid("prediction-manifest", _workspace["whole/records/manifest.json"]);
        Valid("prediction-record", _workspace["shards/records/case-000001.json"]);

        static void Valid(string schema, string path) => Assert.Empty(
            JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", $"{schema}.schema.json"))
                .Violations(JsonDocument.Parse(File.ReadAllText(path)).RootElement));
    }

    [Fact]
    public void What_is_missing_or_changed_is_named_and_the_same_command_mends_it()
    {
        Predict("maps", "records").AssertSucceeded();
        string map = _workspace["maps/case02_soft.nii.gz"], record = _workspace["records/case-000002.json"];
        byte[] whole = File.ReadAllBytes(map);

        // A result that was written, and a process that was killed before its record.
        File.Delete(record);
        Refused("case 2 'case03' has no record", "case-000002.json' is missing");
        Assert.EndsWith("1 predicted, 2 skipped, 0 failed\n", Predict("maps", "records").AssertSucceeded().Out, StringComparison.Ordinal);
        Merge("records").AssertSucceeded();

        File.WriteAllBytes(map, [.. whole[..^1], (byte)(whole[^1] ^ 1)]);
        Refused("case02_soft.nii.gz', a result of case 1 'case02', was changed after it was written", "SHA-256");
        File.WriteAllBytes(map, whole[..^1]);
        Refused($"has {whole.Length - 1} bytes, and was written with {whole.Length}");
        File.Delete(map);
        Refused("case02_soft.nii.gz', a result of case 1 'case02', is missing");
        Assert.EndsWith("1 predicted, 2 skipped, 0 failed\n", Predict("maps", "records").AssertSucceeded().Out, StringComparison.Ordinal);
        Assert.Equal(whole, File.ReadAllBytes(map));
        Merge("records").AssertSucceeded();

        // A record that was changed is found before anything is predicted.
        File.WriteAllText(record, File.ReadAllText(record).Replace("\"area\": ", "\"area\": 1", StringComparison.Ordinal));
        Refused("case-000002.json', the record of case 2 'case03', was changed after it was written");
        Predict("maps", "records").AssertFailed(1, "case-000002.json", "was changed", "--overwrite");
        Assert.DoesNotContain("skipped", Predict("maps", "records", "--overwrite").AssertSucceeded().Out, StringComparison.Ordinal);
        Merge("records").AssertSucceeded();

        // Results elsewhere are not the results that the records are of.
        Assert.DoesNotContain("skipped", Predict("elsewhere", "records").AssertSucceeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_model_option_input_or_kind_is_refused_with_what_differs()
    {
        Predict("maps", "records", "--shard", "0/3").AssertSucceeded();
        Predict("maps", "records", "--shard", "1/3", "--seed", "4")
            .AssertFailed(1, "holds the records of another run", "settings.sampling.seed is null there and 4 here");
        Predict("maps", "records", "--shard", "1/2").AssertFailed(1, "shards is 3 there and 2 here");
        CommandRun.InProcess([
            "predict", "--model", model.Path, "--out", _workspace["maps"], "--data", model.Data, "--task", "kidney", "--split", "val",
            "--records", _workspace["records"], "--shard", "0/3",
        ]).AssertFailed(1, "holds the records of another run", "here");
        string[] evaluate = ["evaluate", "--model", model.Path, .. Cases, "--generations", "1"];
        CommandRun.InProcess([.. evaluate, "--records", _workspace["records"]])
            .AssertFailed(1, "is the manifest of other records: its kind is 'prediction', and not 'evaluation'");
        CommandRun.InProcess([.. evaluate, "--records", _workspace["scores"]]).AssertSucceeded();
        Predict("maps", "scores").AssertFailed(1, "its kind is 'evaluation', and not 'prediction'");

        CommandRun merged = Merge("records", "--json", _workspace["none.json"]);
        Assert.Equal((1, 3), (merged.Code, merged.ErrorLines.Length));
        Assert.Contains("case 1 'case02' has no record", merged.ErrorLines[0], StringComparison.Ordinal);
        Assert.False(File.Exists(_workspace["none.json"]));
        Merge("records", "--json", _workspace["records/report.json"]).AssertFailed(2, "among the records", "elsewhere");
        Merge("records", "--out", _workspace["report"]).AssertFailed(2, "--out is for the folder of a study");
        Merge("records", "--all").AssertFailed(2, "--all is for scores", "are of a prediction");
    }

    /// <summary>The results may lie among their records: then both move as one folder.</summary>
    [Fact]
    public void An_input_that_cannot_be_read_has_no_record_and_the_folder_can_be_moved()
    {
        File.WriteAllText(_workspace["broken.nii"], "no image");
        string image = Path.Combine(model.Data, "kidney", "train", "case01", "image.nii.gz");
        CommandRun run = CommandRun.InProcess(
            "predict", "--model", model.Path, "--generations", "1", "--out", _workspace["all"], "--records", _workspace["all"],
            _workspace["broken.nii"], image);
        Assert.Equal(1, run.Code);
        CommandRun merged = Merge("all");
        Assert.Equal((1, 2), (merged.Code, merged.ErrorLines.Length));
        Assert.Contains("case 0 'broken' has no record", merged.ErrorLines[0], StringComparison.Ordinal);

        CommandRun.InProcess(
            "predict", "--model", model.Path, "--generations", "1", "--out", _workspace["one"], "--records", _workspace["one"], image)
            .AssertSucceeded();
        Directory.Move(_workspace["one"], _workspace["moved"]);
        Assert.StartsWith("1 input is predicted; its 2 files", Merge("moved").AssertSucceeded().Out, StringComparison.Ordinal);
    }

    /// <summary>A task of an array that starts beside the one that makes the manifest must not read the whole set too.</summary>
    [Fact]
    public void Who_meets_a_process_that_makes_the_manifest_waits_and_reads_nothing()
    {
        Directory.CreateDirectory(_workspace["records"]);
        using FolderLock held = FolderLock.Take(_workspace["records"]);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var run = new RecordedRun<PredictionSettings>(model.Path, "cpu", 1, null!) { Cases = [], Mine = new HashSet<int>() };
        var interrupted = Assert.Throws<OperationCanceledException>(
            () => RecordFolder<PredictionSettings, PredictedCase>.Open(_workspace["records"], run, stop.Token));
        Assert.Contains("Interrupted while another process held", interrupted.Message, StringComparison.Ordinal);
    }

    private CommandRun Predict(string maps, string records, params string[] more) => CommandRun.InProcess([
        "predict", "--model", model.Path, "--generations", "1", "--out", _workspace[maps], .. Cases, "--records", _workspace[records],
        .. more,
    ]);

    private CommandRun Merge(string records, params string[] more) => CommandRun.InProcess(["merge", _workspace[records], .. more]);

    private void Refused(params string[] parts)
    {
        CommandRun run = Merge("records");
        Assert.Equal((1, 2), (run.Code, run.ErrorLines.Length));
        Assert.All(parts, part => Assert.Contains(part, run.ErrorLines[0], StringComparison.Ordinal));
        Assert.EndsWith("cannot be merged: 1 problem.", run.ErrorLines[1], StringComparison.Ordinal);
    }
}
