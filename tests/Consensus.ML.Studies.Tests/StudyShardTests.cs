using System.Text.Json;
using System.Text.Json.Nodes;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Storage;
using Consensus.Imaging.Tests.Storage;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Node = Consensus.Imaging.Tests.Storage.Machine;

namespace Consensus.ML.Studies.Tests;

/// <summary>Studies whose tasks several processes do by their numbers, and results that are made of their records alone.</summary>
public sealed class StudyShardTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StudyOptions _options;

    public StudyShardTests()
    {
        PhantomDataset.Write(_folder["data"], QubiqTask.Kidney, trainCases: 4, validationCases: 1, seed: 7, size: 32);
        IReadOnlyList<RaterCase> cases = QubiqDataset.List(_folder["data"], QubiqTask.Kidney, QubiqSplit.Train, MissingRaters.Drop).Cases;
        _options = new()
        {
            Folder = _folder["study"],
            DataName = "kidney",

            // Two cases of one patient, so that there are groups.
            Folds = StudyFolds.Split([.. cases.Select((one, i) => i < 2 ? one with { Group = "patient" } : one)], 2),
            Levels = 3,
            Methods = [StudyMethods.MajorityVote, StudyMethods.Levels],
            Steps = 1,
            Size = 32,
            CurveGenerations = 0,
        };
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Three_shards_and_merge_give_the_results_of_one_process()
    {
        StudyOptions whole = _options with { Folder = _folder["whole"] };
        Study.Run(new MLContext(), whole);

        // Without cases and models at hand, merge gives the bytes that the process itself wrote.
        File.Move(_folder["data"] + "/kidney/train/case01/image.nii.gz", _folder["away.nii.gz"]);
        Directory.Move(_folder["data"], _folder["moved"]);
        Assert.NotNull(Study.Merge(whole.Folder, _folder["again"]).Results);
        Directory.Move(_folder["moved"], _folder["data"]);
        File.Move(_folder["away.nii.gz"], _folder["data"] + "/kidney/train/case01/image.nii.gz");
        foreach (string file in new[] { "results.json", "results.csv" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole.Folder, file)), File.ReadAllBytes(Path.Combine(_folder["again"], file)));
        }

        // The report too, but for the pictures of the cases.
        string full = File.ReadAllText(Path.Combine(whole.Folder, "report.html")),
            merges = File.ReadAllText(Path.Combine(_folder["again"], "report.html"));
        Assert.Contains("made from the records of the scores alone", merges, StringComparison.Ordinal);
        Assert.DoesNotContain("data:image/png", merges, StringComparison.Ordinal);
        Assert.Equal(Sections(full, until: "cases"), Sections(merges, until: "cases"));

        Assert.Equal(
            [
                (0, "mv-unet", "fold 1", false), (1, "mv-unet", "fold 2", false), (2, "level-unet", "fold 1", false),
                (3, "level-unet", "fold 2", false),
            ],
            Study.List(_options).Select(task => (task.Index, task.Method, task.Fold, task.IsDone)));
        Assert.False(Directory.Exists(_options.Folder));
        foreach (int shard in new[] { 2, 0, 1 })
        {
            IReadOnlyList<StudyTask> tasks = Study.RunShard(new MLContext(), _options, shard, 3);
            Assert.Equal(shard == 0 ? [0, 3] : [shard], tasks.Select(task => task.Index));
            Assert.All(tasks, task => Assert.True(task.IsDone));
        }

        Assert.All(Study.List(_options), task => Assert.True(task.IsDone));
        Assert.Empty(Directory.GetFiles(_options.Folder, "results.*"));
        StudyMerge merged = Study.Merge(_options.Folder);
        Assert.Empty(merged.Problems);
        Assert.Equal(3, merged.Results!.Groups);

        // What is measured differs from process to process: times and memory.
        Assert.Equal(WithoutTimes(whole.Folder), WithoutTimes(_options.Folder));
        Assert.Equal(Table(whole.Folder), Table(_options.Folder));

        // The process that goes on without a shard finds everything done, and adds the pictures. Another merge leaves them.
        byte[] results = File.ReadAllBytes(Path.Combine(_options.Folder, "results.json"));
        Study.Run(new MLContext(), _options with { Resume = true });
        Assert.Equal(results, File.ReadAllBytes(Path.Combine(_options.Folder, "results.json")));
        string pictured = File.ReadAllText(Path.Combine(_options.Folder, "report.html"));
        Assert.Contains("data:image/png", pictured, StringComparison.Ordinal);
        Study.Merge(_options.Folder);
        Assert.Equal(pictured, File.ReadAllText(Path.Combine(_options.Folder, "report.html")));
    }

    [Fact]
    public void A_task_that_is_missing_or_elsewhere_is_named()
    {
        Study.RunShard(new MLContext(), _options, 0, 4);
        StudyMerge merged = Study.Merge(_options.Folder);
        Assert.Null(merged.Results);
        Assert.Contains(
            merged.Problems,
            problem => problem.StartsWith(
                "The record of the training of task 3 (level-unet, fold 2, seed 0) is missing", StringComparison.Ordinal));
        Assert.DoesNotContain(merged.Problems, problem => problem.Contains("task 0", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(_options.Folder, "results.*"));

        // Another process works on task 1: this one neither waits nor does it.
        string run = Path.Combine(_options.Folder, "runs", "mv-unet", "fold2-seed0");
        Directory.CreateDirectory(run);
        using (FolderLock.Take(run))
        {
            StudyTask task = Assert.Single(Study.RunShard(new MLContext(), _options, 1, 4));
            Assert.Equal((1, false), (task.Index, task.IsDone));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Study.RunShard(new MLContext(), _options, 4, 4));
        Assert.Contains(
            "holds no study", Assert.Throws<FileNotFoundException>(() => Study.Merge(_folder["data"])).Message, StringComparison.Ordinal);
    }

    /// <summary>As with a task of an array that starts again after its node has failed: it has seen no owner before.</summary>
    [Fact]
    public void A_task_whose_owner_on_another_machine_is_silent_is_taken_over_and_that_of_a_living_one_is_left()
    {
        StudyOptions small = _options with { Methods = [StudyMethods.MajorityVote] };
        (HandClock clock, string[] runs) = Begin(small);
        Node here = new(clock, "here"), there = new(clock, "there");
        using FolderLock silent = FolderTaking.Try(runs[0], there.Process(1)).Lock!;
        clock.StopTimers();
        using FolderLock living = FolderTaking.Try(runs[1], there.Process(2)).Lock!;
        int pauses = 0;
        LockSurroundings mine = here.Process(3) with
        {
            Pause = _ =>
            {
                Assert.InRange(++pauses, 1, 90);
                clock.Advance(1);
            },
        };
        Assert.Equal([true, false], Study.DoShard(new MLContext(), small, 0, 1, mine).Select(task => task.IsDone));
        Assert.Equal(90, pauses);
        Assert.Throws<FolderTakenException>(silent.EnsureHeld);
        living.EnsureHeld();
    }

    [Fact]
    public void The_watch_of_an_owner_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        StudyOptions small = _options with { Methods = [StudyMethods.MajorityVote], Cancellation = source.Token };
        (HandClock clock, string[] runs) = Begin(small);
        Node here = new(clock, "here"), there = new(clock, "there");
        using FolderLock first = FolderTaking.Try(runs[0], there.Process(1)).Lock!;
        using FolderLock second = FolderTaking.Try(runs[1], there.Process(2)).Lock!;
        LockSurroundings mine = here.Process(3) with { Pause = _ => source.Cancel() };
        Assert.Contains(
            "--resume goes on from there",
            Assert.Throws<OperationCanceledException>(() => Study.DoShard(new MLContext(), small, 0, 1, mine)).Message,
            StringComparison.Ordinal);
        first.EnsureHeld();
        second.EnsureHeld();
    }

    [Fact]
    public void Changed_copied_foreign_and_unbound_records_are_named()
    {
        StudyOptions small = _options with { Methods = [StudyMethods.MajorityVote], Seeds = [1, 2] };
        Study.RunShard(new MLContext(), small, 0, 1);
        string first = Path.Combine(small.Folder, "runs", "mv-unet", "fold1-seed1"),
            second = Path.Combine(small.Folder, "runs", "mv-unet", "fold1-seed2");
        string record = Directory.GetFiles(Path.Combine(first, "cases"), "*.json")[0], name = Path.GetFileName(record);
        string text = File.ReadAllText(record);
        Assert.Empty(Study.Merge(small.Folder).Problems);

        const string Score = "\"BrierScore\": 0.";
        int digit = text.IndexOf(Score, StringComparison.Ordinal) + Score.Length + 3;
        File.WriteAllText(record, text.Remove(digit, 1).Insert(digit, text[digit] == '5' ? "6" : "5"));
        Refused(small, name, "of task 0 (mv-unet, fold 1, seed 1), was changed after it was written");
        Assert.Contains(
            "was changed after it was written",
            Assert.Throws<InvalidDataException>(() => Study.Run(new MLContext(), small with { Resume = true })).Message,
            StringComparison.Ordinal);

        File.Copy(Path.Combine(second, "cases", name), record, overwrite: true);
        Refused(small, name, "task 0 (mv-unet, fold 1, seed 1), belongs to another study, method, fold or seed");

        File.Delete(record);
        Refused(small, name, "of task 0 (mv-unet, fold 1, seed 1) is missing");

        File.WriteAllText(record, text);
        File.Copy(record, record + "~");
        Refused(small, name + "~' is no record that this study expects");
        File.Delete(record + "~");

        // A model that was trained again: its scores are those of the model before.
        string training = Path.Combine(first, "training.json"), trained = File.ReadAllText(training);
        StudyJson.WriteBound(
            training, StudyJson.Read<TrainingRecord>(training), StudyJson.Read<RecordBinding>(training) with { Model = new('0', 64) });
        StudyMerge merged = Study.Merge(small.Folder);
        Assert.NotEmpty(merged.Problems);
        Assert.All(
            merged.Problems,
            problem => Assert.Contains("is of another model than the training beside it", problem, StringComparison.Ordinal));

        // A record of an earlier version: the study goes on with it, and merge says what it misses.
        StudyJson.Write(training, StudyJson.Read<TrainingRecord>(training));
        merged = Study.Merge(small.Folder);
        Assert.Contains("training.json", merged.Problems[0], StringComparison.Ordinal);
        Assert.Contains("an earlier version wrote it", merged.Problems[0], StringComparison.Ordinal);
        Study.Run(new MLContext(), small with { Resume = true });

        // A changed setting is not the study that the records belong to.
        File.WriteAllText(training, trained);
        string study = Path.Combine(small.Folder, "study.json");
        File.WriteAllText(study, File.ReadAllText(study).Replace("\"Steps\": \"1\"", "\"Steps\": \"2\"", StringComparison.Ordinal));
        Assert.All(
            Study.Merge(small.Folder).Problems,
            problem => Assert.Contains("belongs to another study", problem, StringComparison.Ordinal));
    }

    /// <summary>Makes the folder of a study, and those of the runs of its first method in both folds.</summary>
    private static (HandClock Clock, string[] Runs) Begin(StudyOptions options)
    {
        StudyFolder.Open(options.Folder, StudyRecord.FromOptions(options), resume: false);
        return (new(), [.. ((string[])["fold1-seed0", "fold2-seed0"])
            .Select(run => Directory.CreateDirectory(Path.Combine(options.Folder, "runs", "mv-unet", run)).FullName)]);
    }

    private static void Refused(StudyOptions options, params string[] said)
    {
        StudyMerge merged = Study.Merge(options.Folder, Path.Combine(options.Folder, "..", "none"));
        string problem = Assert.Single(merged.Problems);
        Assert.All(said, part => Assert.Contains(part, problem, StringComparison.Ordinal));
        Assert.Null(merged.Results);
        Assert.False(Directory.Exists(Path.Combine(options.Folder, "..", "none")));
    }

    /// <summary>The part of a report from the first section to the section with a name.</summary>
    private static string Sections(string report, string until)
    {
        int first = report.IndexOf("<section", StringComparison.Ordinal);
        int last = report.IndexOf($"<section id=\"{until}\"", StringComparison.Ordinal);
        Assert.InRange(first, 0, last - 1);
        return report[first..last];
    }

    /// <summary>results.json without times, memory and sizes of files.</summary>
    private static string WithoutTimes(string folder)
    {
        JsonNode results = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "results.json")))!;
        foreach (JsonNode? method in results["methods"]!.AsArray())
        {
            method!.AsObject().Remove("cost");
        }

        foreach (JsonNode? run in results["runs"]!.AsArray())
        {
            foreach (string measured in new[] { "seconds", "peakMemoryMb", "modelBytes" })
            {
                Assert.True(run!["training"]!.AsObject().Remove(measured));
            }

            Assert.All(run!["cases"]!.AsArray(), scored => Assert.True(scored!.AsObject().Remove("predictionMs")));
        }

        return results.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    /// <summary>results.csv without the time of the prediction.</summary>
    private static IEnumerable<string> Table(string folder)
    {
        string[] lines = File.ReadAllLines(Path.Combine(folder, "results.csv"));
        int at = Array.IndexOf(lines[0].Split(','), "PredictionMs");
        Assert.True(at > 0);
        return lines.Select(line => string.Join(',', line.Split(',').Where((_, i) => i != at)));
    }
}
