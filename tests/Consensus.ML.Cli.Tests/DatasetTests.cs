using System.Text.Json;
using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Cli.Data;
using Consensus.ML.Datasets;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>Sets are described and checked from a shell, and training checks its cases first.</summary>
public sealed class DatasetTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void A_check_without_problems_succeeds_and_one_with_any_fails()
    {
        string data = _workspace.Phantom();
        CommandRun sound = CommandRun.InProcess("dataset", "check", "--data", data).AssertSucceeded();
        Assert.Matches(
            @"^No problems in 3 cases of kidney\.\nOf kidney, resizing leaves a soft Dice of [01]\.\d{4} at 64 pixels.*\.\n$", sound.Out);

        string mask = Path.Combine(_workspace.TrainingCase(1), "task01_seg02.nii.gz");
        NiftiFile.WriteSlice(mask, new Slice(1, 32, 32, new float[1024]), geometryFrom: mask);
        CommandRun run = CommandRun.InProcess("dataset", "check", "--data", data);
        Assert.Equal(1, run.Code);
        Assert.Empty(run.Error);
        Assert.Contains($"warning  kidney/train/case01  '{mask}' marks no pixel. ", run.Out, StringComparison.Ordinal);
        Assert.Contains("0 errors and 1 warning in 3 cases of kidney.", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_manifest_of_volumes_says_how_they_are_cut()
    {
        string data = Directory.CreateDirectory(_workspace["set"]).FullName;
        foreach (string name in (string[])["image-v", "mask-v-a", "mask-v-b"])
        {
            new NiftiBytes { Dimensions = [4, 5, 10], Values = [.. Enumerable.Range(0, 200).Select(i => (double)(i % 2))] }
                .WriteTo(Path.Combine(data, $"{name}.nii"));
        }

        CommandRun run = CommandRun.InProcess(
            "dataset", "init", "--data", data, "--images", "image-{case}.nii", "--masks", "mask-{case}-{rater}.nii").AssertSucceeded();
        Assert.Contains("; volumes, cut along the axis of length 1, else axis 2.", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_of_the_check_knows_every_kind_of_problem()
    {
        using JsonDocument schema = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "data-schemas", "dataset-check.schema.json")));
        JsonElement kind = schema.RootElement.GetProperty("properties")
            .GetProperty("problems")
            .GetProperty("items")
            .GetProperty("properties")
            .GetProperty("kind");
        string[] known = [.. kind.GetProperty("enum").EnumerateArray().Select(name => name.GetString()!)];
        IEnumerable<string> kinds = Enum.GetValues<DatasetProblemKind>()
            .Select(name => new DatasetProblem(ProblemSeverity.Warning, name, null, null, null, "a", "b"))
            .Select(problem => new DatasetReport.Problem(null, problem).Kind);
        Assert.Equal(known.Order(StringComparer.Ordinal), kinds.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void In_JSON_the_problems_fit_their_schema()
    {
        string data = _workspace.Phantom(), image = Path.Combine(_workspace.TrainingCase(2), "image.nii.gz");
        File.WriteAllBytes(image, File.ReadAllBytes(image)[..200]);
        CommandRun run = CommandRun.InProcess("dataset", "check", "--data", data, "--task", "kidney", "--json");
        Assert.Equal(1, run.Code);
        using JsonDocument report = JsonDocument.Parse(run.Out);
        JsonSchema schema = JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "dataset-check.schema.json"));
        Assert.Empty(schema.Violations(report.RootElement));
        JsonElement problem = Assert.Single(report.RootElement.GetProperty("problems").EnumerateArray());
        Assert.Equal(("error", "unreadable", "case02", image), (Text("severity"), Text("kind"), Text("case"), Text("file")));
        Assert.Equal(1, report.RootElement.GetProperty("errors").GetInt32());

        string? Text(string name) => problem.GetProperty(name).GetString();
    }

    [Fact]
    public void Training_stops_at_cases_that_cannot_be_used_and_says_how_to_see_all()
    {
        string data = _workspace.Phantom();
        File.Delete(Path.Combine(_workspace.TrainingCase(1), "image.nii.gz"));
        File.WriteAllText(Path.Combine(_workspace.TrainingCase(1), "image.nii"), "no image");
        File.WriteAllText(Path.Combine(_workspace.TrainingCase(2), "task01_seg03.nii.gz"), "no mask");
        CommandRun.InProcess("train", "--data", data, "--task", "kidney", "--out", _workspace["model.zip"])
            .AssertFailed(
                1, "image.nii", "One more problem stops training.", $"'consensus dataset check --data {data} --task kidney' lists all");
        Assert.False(File.Exists(_workspace["model.zip"]));
    }

    [Fact]
    public void Training_goes_on_with_oddities_and_says_them()
    {
        string data = _workspace.Phantom(cases: 4);
        File.Copy(
            Path.Combine(_workspace.TrainingCase(1), "task01_seg01.nii.gz"),
            Path.Combine(_workspace.TrainingCase(1), "task01_seg02.nii.gz"),
            overwrite: true);
        File.Copy(
            Path.Combine(_workspace.TrainingCase(2), "image.nii.gz"),
            Path.Combine(data, "kidney", "val", "case01", "image.nii.gz"),
            overwrite: true);
        CommandRun run = CommandRun.InProcess("train", "--data", data, "--size", "16", "--steps", "1", "--out", _workspace["model.zip"])
            .AssertSucceeded();
        Assert.Equal(2, run.ErrorLines.Count(line =>
            line.Contains("is equal to", StringComparison.Ordinal)
            || line.Contains("scores on a case that was trained on", StringComparison.Ordinal)));
        Assert.All(run.ErrorLines, line => Assert.StartsWith("consensus: warning: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_without_sets_and_a_task_for_a_manifest_are_refused()
    {
        CommandRun.InProcess("dataset", "check", "--data", _workspace.Root).AssertFailed(1, "holds no set");
        File.WriteAllText(_workspace["dataset.json"], "{}");
        CommandRun.InProcess("dataset", "check", "--data", _workspace["dataset.json"], "--task", "kidney").AssertFailed(2, "--task");
        CommandRun.InProcess("dataset", "check", "--data", _workspace["dataset.json"]).AssertFailed(1, "dataset.json", "formatVersion");
    }

    [Fact]
    public void A_manifest_of_a_QUBIQ_set_serves_every_command_and_is_not_overwritten_unasked()
    {
        string data = _workspace.Phantom(), manifest = Path.Combine(data, "dataset.json");
        CommandRun run = CommandRun.InProcess("dataset", "init", "--data", data).AssertSucceeded();
        Assert.StartsWith($"Wrote {manifest}: kidney, train 2 cases, val 1 case; raters 1, 2, 3.", run.Out, StringComparison.Ordinal);
        CommandRun.InProcess("dataset", "init", "--data", data).AssertFailed(1, "is there already", "--force", "--out");
        CommandRun.InProcess("dataset", "init", "--data", data, "--force", "--json").AssertSucceeded();
        JsonSchema schema = JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "dataset.schema.json"));
        Assert.Empty(schema.Violations(JsonDocument.Parse(File.ReadAllText(manifest)).RootElement));

        Assert.StartsWith(
            "No problems in 3 cases.\nResizing leaves a soft Dice of ",
            CommandRun.InProcess("dataset", "check", "--data", manifest).AssertSucceeded().Out,
            StringComparison.Ordinal);
        CommandRun.InProcess("train", "--data", manifest, "--size", "16", "--steps", "1", "--out", _workspace["model.zip"])
            .AssertSucceeded();
        string[] quick = ["--generations", "1", "--sampler", "ddim", "--sampling-steps", "1"];
        CommandRun.InProcess([
            "evaluate", "--model", _workspace["model.zip"], "--data", manifest, "--json", _workspace["report.json"], .. quick,
        ]).AssertSucceeded();
        Assert.Contains("\"task\": \"kidney\"", File.ReadAllText(_workspace["report.json"]), StringComparison.Ordinal);
        CommandRun.InProcess([
            "predict", "--model", _workspace["model.zip"], "--data", manifest, "--split", "val", "--out", _workspace["maps"], .. quick,
        ]).AssertSucceeded();
        Assert.True(File.Exists(_workspace["maps/case01_soft.nii.gz"]));
        CommandRun.InProcess("train", "--data", manifest, "--split", "test", "--out", _workspace["m.zip"])
            .AssertFailed(2, "'test'", "train, val");
        CommandRun.InProcess("train", "--data", manifest, "--task", "kidney", "--out", _workspace["m.zip"]).AssertFailed(2, "--task");
    }

    [Fact]
    public void Wrong_arguments_of_init_are_usage_errors_and_write_nothing()
    {
        Directory.CreateDirectory(_workspace["data"]);
        CommandRun.InProcess("dataset", "init", "--data", _workspace["data"])
            .AssertFailed(2, "no set in QUBIQ's layout", "--images and --masks");
        CommandRun.InProcess("dataset", "init", "--data", _workspace["data"], "--images", "{case}.png").AssertFailed(2, "give both");
        CommandRun.InProcess("dataset", "init", "--data", _workspace["data"], "--images", "{name}.png", "--masks", "{case}_{rater}.png")
            .AssertFailed(2, "{name}", "{case}, {channel}, {split}");
        CommandRun.InProcess("dataset", "init", "--data", _workspace["data"], "--images", "{case}.png", "--masks", "{case}.png")
            .AssertFailed(2, "lacks '{rater}'");
        CommandRun.InProcess("dataset", "init", "--data", _workspace["data"], "--images", "{case}.png", "--masks", "{case}_{rater}.png")
            .AssertFailed(1, "holds no file '{case}.png'");
        CommandRun.InProcess("dataset", "init", "--data", _workspace["none"]).AssertFailed(1, "does not exist");
        Assert.Empty(Directory.GetFileSystemEntries(_workspace["data"]));
    }
}
