using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary><c>consensus study</c> as a new user would run it.</summary>
public sealed class StudyTests : IDisposable
{
    private readonly Workspace _workspace = new();

    [Fact]
    public void A_study_prints_a_table_and_leaves_a_report_and_says_how_to_go_on_when_it_is_there()
    {
        string[] study = Study("--steps", "1", "--methods", "level-unet,soft-unet", "--seeds", "1", "--folds", "2", "--device", "cpu");
        CommandRun run = CommandRun.InProcess(study).AssertSucceeded();
        Assert.Contains("1/4 level-unet, fold 1, seed 1: training", run.Out, StringComparison.Ordinal);
        Assert.Contains("4/4 soft-unet, fold 2, seed 1: 2 of 2 cases scored", run.Out, StringComparison.Ordinal);
        Assert.Contains("level-unet", run.Out, StringComparison.Ordinal);
        Assert.Contains("at 32×32 pixels, over 4 held-out cases", run.Out, StringComparison.Ordinal);
        Assert.Equal(1 + (2 * 1 * 4), File.ReadAllLines(_workspace["study/results.csv"]).Length);
        Assert.Contains("consensus study --data", File.ReadAllText(_workspace["study/report.html"]), StringComparison.Ordinal);
        using JsonDocument results = JsonDocument.Parse(File.ReadAllText(_workspace["study/results.json"]));
        Assert.Equal(
            ["fold 1", "fold 2"],
            results.RootElement.GetProperty("folds").EnumerateArray().Select(fold => fold.GetProperty("name").GetString()));

        CommandRun.InProcess(study).AssertFailed(1, "holds a study already", "--resume");
        CommandRun.InProcess([.. study, "--resume", "--generations", "3"])
            .AssertFailed(1, "holds another study: Generations is null there and 3 here");
        CommandRun.InProcess([.. study, "--resume"]).AssertSucceeded();
        Assert.Single(
            JsonDocument.Parse(File.ReadAllText(_workspace["study/results.json"])).RootElement.GetProperty("commands").EnumerateArray());

        // A seed that is added later has the same folds.
        CommandRun more = CommandRun.InProcess(
            Study("--steps", "1", "--methods", "soft-unet", "--seed", "3", "--folds", "2", "--device", "cpu", "--resume"))
            .AssertSucceeded();
        Assert.Contains("8/8 soft-unet, fold 2, seed 3: 2 of 2 cases scored", more.Out, StringComparison.Ordinal);
        Assert.Equal(1 + (2 * 2 * 4), File.ReadAllLines(_workspace["study/results.csv"]).Length);
    }

    [Fact]
    public void Shards_do_the_tasks_that_are_listed_and_merge_writes_the_results()
    {
        string[] study = Study("--steps", "1", "--methods", "level-unet,soft-unet", "--folds", "2", "--device", "cpu");
        CommandRun listed = CommandRun.InProcess([.. study, "--list"]).AssertSucceeded();
        Assert.Contains("  2      soft-unet    fold 1   0      no", listed.Out, StringComparison.Ordinal);
        Assert.EndsWith("0 tasks of 4 done.\n", listed.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_workspace["study"]));
        CommandRun first = CommandRun.InProcess([.. study, "--shard", "0/2"]).AssertSucceeded();
        Assert.StartsWith(
            "Shard 0/2 (--shard): 2 of 4 tasks\n1/4 level-unet, fold 1, seed 0: training\n", first.Out, StringComparison.Ordinal);
        Assert.Contains("\n2 tasks done. When all are, 'consensus merge ", first.Out, StringComparison.Ordinal);
        CommandRun early = CommandRun.InProcess("merge", _workspace["study"]);
        Assert.Equal(1, early.Code);
        Assert.Contains("task 1 (level-unet, fold 2, seed 0) is missing", early.Error, StringComparison.Ordinal);
        Assert.Contains("cannot be merged: ", early.ErrorLines[^1], StringComparison.Ordinal);

        // The second task of a Slurm array, as the environment says it.
        ProcessStartInfo start = CommandRun.StartInfo([.. study, "--shards", "2"]);
        start.Environment["SLURM_ARRAY_TASK_ID"] = "1";
        using (ChildProcess process = ChildProcess.Start(start, TimeSpan.FromMinutes(5)))
        {
            (int code, string output, string error) = process.Finish();
            Assert.True(code == 0, error);
            Assert.StartsWith("Shard 1/2 (SLURM_ARRAY_TASK_ID 1): 2 of 4 tasks\n", output, StringComparison.Ordinal);
        }

        JsonElement tasks = JsonDocument.Parse(CommandRun.InProcess([.. study, "--list", "--json"]).AssertSucceeded().Out).RootElement;
        Assert.Empty(JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "study-tasks.schema.json")).Violations(tasks));
        Assert.All(tasks.GetProperty("tasks").EnumerateArray(), task => Assert.True(task.GetProperty("isDone").GetBoolean()));

        CommandRun merged = CommandRun.InProcess(
            "merge", _workspace["study"], "--json", _workspace["report.json"], "--out", _workspace["out"]).AssertSucceeded();
        Assert.Contains("at 32×32 pixels, over 4 held-out cases", merged.Out, StringComparison.Ordinal);
        byte[] results = File.ReadAllBytes(_workspace["out/results.json"]);
        Assert.Equal(results, File.ReadAllBytes(_workspace["report.json"]));
        Assert.Equal(
            Encoding.UTF8.GetString(results), CommandRun.InProcess("merge", _workspace["study"], "--json", "-").AssertSucceeded().Out);
        CommandRun.InProcess([.. study, "--resume"]).AssertSucceeded();
        Assert.Equal(results, File.ReadAllBytes(_workspace["study/results.json"]));
        Assert.Equal(File.ReadAllBytes(_workspace["out/results.csv"]), File.ReadAllBytes(_workspace["study/results.csv"]));
        CommandRun.InProcess([.. study, "--json"]).AssertFailed(2, "--json goes with --list");
    }

    /// <summary>As in an array of one task, which has the whole study and is requeued with the same line.</summary>
    [Fact]
    public void The_only_shard_goes_on_with_the_study_that_it_began()
    {
        string[] study = Study("--steps", "1", "--methods", "soft-unet", "--folds", "2", "--device", "cpu");
        CommandRun.InProcess([.. study, "--shard", "0/1"]).AssertSucceeded();
        CommandRun.InProcess([.. study, "--shard", "0/1"]).AssertSucceeded();
        CommandRun.InProcess(study).AssertFailed(1, "holds a study already", "--resume");
    }

    [Fact]
    public void A_mistyped_method_is_answered_with_the_nearest()
    {
        CommandRun.InProcess(Study("--methods", "consensus,levelunet"))
            .AssertFailed(2, "There is no method 'levelunet'; did you mean level-unet? The methods are consensus, annotator");
        CommandRun.InProcess(Study("--methods", "consensus,")).AssertFailed(2, "There is no method ''");
        CommandRun.InProcess(Study("--methods", "mcd,mcd")).AssertFailed(2, "names a method twice");
    }

    [Fact]
    public void Options_that_do_not_go_together_are_refused_before_anything_is_read()
    {
        CommandRun.InProcess(Study("--minutes", "5", "--steps", "10")).AssertFailed(2, "--minutes and --steps are two ways");
        CommandRun.InProcess(Study("--seed", "5", "--seeds", "1,2")).AssertFailed(2, "--seed and --seeds");
        CommandRun.InProcess(Study("--seeds", "1,x")).AssertFailed(2, "'1,x' is not a value of --seeds");
        CommandRun.InProcess(Study("--seeds", "1,1")).AssertFailed(2, "a seed twice");
        CommandRun.InProcess(Study("--folds", "2", "--train-split", "train"))
            .AssertFailed(2, "--folds divides one split itself; it does not go with --train-split");
        CommandRun.InProcess(Study("--folds", "2", "--eval-split", "val")).AssertFailed(2, "does not go with --eval-split");
        CommandRun.InProcess(Study("--split", "val")).AssertFailed(2, "--split says which cases --folds divides");
        CommandRun.InProcess(Study("--train-split", "val", "--eval-split", "val"))
            .AssertFailed(2, "--train-split and --eval-split are both val");
        CommandRun.InProcess(Study("--folds", "1")).AssertFailed(2, "'1' is not a value of --folds");
        Assert.False(Directory.Exists(_workspace["study"]));
    }

    [Fact]
    public void More_folds_than_cases_and_splits_that_are_not_there_are_refused_with_what_to_do()
    {
        CommandRun.InProcess(Study("--folds", "5"))
            .AssertFailed(2, "--folds 5: 5 folds need at least 5 cases, but there are 4 cases: ask for at most 4 folds");
        CommandRun.InProcess(Study("--folds", "2", "--split", "val")).AssertFailed(2, "2 folds need at least 2 cases, but there is 1 case");
        Directory.Delete(Path.Combine(_workspace["data"], "kidney", "val"), recursive: true);
        CommandRun.InProcess(Study()).AssertFailed(2, "There is no split to score", "--eval-split", "--folds K");
    }

    [Fact]
    public void A_set_without_splits_needs_folds()
    {
        string data = Path.Combine(_workspace.Phantom(5), "kidney", "train");
        string[] cases = [.. Enumerable.Range(1, 4).Select(i =>
            $$"""
            { "name": "c{{i}}", "image": "{{data}}/case0{{i}}/image.nii.gz",
              "masks": { "A": "{{data}}/case0{{i}}/task01_seg01.nii.gz", "B": "{{data}}/case0{{i}}/task01_seg02.nii.gz" } }
            """)];
        File.WriteAllText(
            _workspace["dataset.json"],
            $$"""{ "formatVersion": 1, "name": "two", "raters": ["A", "B"], "cases": [{{string.Join(",", cases)}}] }""");
        CommandRun.InProcess("study", "--data", _workspace["dataset.json"], "--out", _workspace["study"])
            .AssertFailed(2, "are in no split, so that none are held out: divide them with --folds K");
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_said_before_training()
    {
        File.WriteAllText(_workspace["file"], "");
        CommandRun.InProcess([.. Study()[..^1], _workspace["file/study"]]).AssertFailed(1, "Cannot write", "is a file, not a folder");
    }

    public void Dispose() => _workspace.Dispose();

    private string[] Study(params string[] options)
    {
        if (!Directory.Exists(_workspace["data"]))
        {
            _workspace.Phantom(5);
        }

        return
        [
            "study", "--data", _workspace["data"], "--task", "kidney", "--size", "32", "--curve", "0", .. options,
            "--out", _workspace["study"],
        ];
    }
}
