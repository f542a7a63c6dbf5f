using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consensus.Imaging.Storage;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary><c>consensus evaluate --records</c> in batch jobs, and <c>consensus merge</c>, which makes one report of the records.</summary>
public sealed class EvaluationRecordTests(TrainedModel model) : IClassFixture<TrainedModel>, IDisposable
{
    private static readonly string[] Quick = ["--generations", "1", "--sampler", "ddim", "--sampling-steps", "1", "--precision", "float32"];

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void Three_shards_and_merge_give_the_report_of_one_process_byte_for_byte()
    {
        Evaluate("--json", _workspace["whole.json"]).AssertSucceeded();
        for (int shard = 2; shard >= 0; shard--)
        {
            CommandRun run = Shard(shard).AssertSucceeded();
            Assert.StartsWith($"Shard {shard}/3 (--shard): 1 of 3 cases\ncase0{shard + 1}: soft Dice ", run.Out, StringComparison.Ordinal);
            Assert.EndsWith("\n1 scored, 0 skipped, 0 failed\n", run.Out, StringComparison.Ordinal);
        }

        CommandRun merged = Merge("--json", _workspace["merged.json"]).AssertSucceeded();
        Assert.Equal(File.ReadAllBytes(_workspace["whole.json"]), File.ReadAllBytes(_workspace["merged.json"]));

        // The tables are those of one process too, and JSON can be printed in their place.
        Assert.Equal(Evaluate().AssertSucceeded().Out, merged.Out);
        Assert.Equal(File.ReadAllText(_workspace["whole.json"]), Merge("--json", "-").AssertSucceeded().Out);
    }

    [Fact]
    public void One_process_with_records_gives_the_same_report_and_a_restart_takes_it_from_the_records()
    {
        Evaluate("--json", _workspace["whole.json"], "--native").AssertSucceeded();
        string[] recorded = ["--records", _workspace["records"], "--native", "--json", _workspace["recorded.json"]];
        Evaluate(recorded).AssertSucceeded();
        Assert.Equal(File.ReadAllBytes(_workspace["whole.json"]), File.ReadAllBytes(_workspace["recorded.json"]));
        Dictionary<string, DateTime> written = Times();
        File.Delete(_workspace["recorded.json"]);
        CommandRun again = Evaluate(recorded).AssertSucceeded();
        Assert.StartsWith("0 scored, 3 skipped, 0 failed\n", again.Out, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(_workspace["whole.json"]), File.ReadAllBytes(_workspace["recorded.json"]));
        Assert.Equal(written, Times());
        Assert.StartsWith("case01: soft Dice ", Evaluate([.. recorded, "--overwrite"]).AssertSucceeded().Out, StringComparison.Ordinal);
        Assert.NotEqual(written, Times());

        Dictionary<string, DateTime> Times() =>
            Directory.GetFiles(_workspace["records"], "case-*.json").ToDictionary(file => file, File.GetLastWriteTimeUtc);
    }

    [Fact]
    public void Slices_of_one_volume_and_cases_of_one_patient_stay_groups()
    {
        // The second case is of the group that has the name of the first: the first is then of that group too.
        string data = Set(("first", null), ("second", "first"), ("third", null));
        string[] evaluate = ["evaluate", "--model", model.Path, "--data", data, .. Quick];
        CommandRun.InProcess([.. evaluate, "--json", _workspace["whole.json"]]).AssertSucceeded();
        for (int shard = 0; shard < 2; shard++)
        {
            CommandRun.InProcess([.. evaluate, "--records", _workspace["records"], "--shard", $"{shard}/2"]).AssertSucceeded();
        }

        Merge("--json", _workspace["merged.json"]).AssertSucceeded();
        Assert.Equal(File.ReadAllBytes(_workspace["whole.json"]), File.ReadAllBytes(_workspace["merged.json"]));
        Assert.Equal(2, (int)JsonNode.Parse(File.ReadAllText(_workspace["merged.json"]))!["data"]!["groups"]!);
    }

    [Fact]
    public void Scores_of_a_case_do_not_depend_on_the_cases_before_it()
    {
        Evaluate("--records", _workspace["records"]).AssertSucceeded();
        for (int number = 3; number >= 1; number--)
        {
            string alone = _workspace[$"alone{number}"];
            CommandRun.InProcess([
                "evaluate", "--model", model.Path, "--data", Set(($"case{number:00}", null)), .. Quick, "--records", alone,
            ]).AssertSucceeded();
            Assert.Equal(
                JsonNode.Parse(File.ReadAllText(Record(number - 1)))!["scores"]!.ToJsonString(),
                JsonNode.Parse(File.ReadAllText(Path.Combine(alone, "case-000000.json")))!["scores"]!.ToJsonString());
        }
    }

    [Fact]
    public void Missing_copied_and_changed_records_are_each_named()
    {
        Evaluate("--records", _workspace["records"]).AssertSucceeded();
        string[] whole = [.. Enumerable.Range(0, 3).Select(index => File.ReadAllText(Record(index)))];

        File.Delete(Record(1));
        Refused("case 1 'case02' has no record", "case-000001.json' is missing");

        File.WriteAllText(Record(1), whole[1]);
        File.Copy(Record(1), _workspace["records/copy.json"]);
        Refused("copy.json' is a second record of case 1 'case02'", "case-000001.json");

        File.Move(_workspace["records/copy.json"], Record(1) + "~");
        Refused("case-000001.json~' is a second record of case 1 'case02'");
        File.Delete(Record(1) + "~");

        File.WriteAllText(Record(2), whole[1]);
        Refused("case-000002.json' should be the record of case 2 'case03', but is the record of case 1 'case02'");

        // One digit of a score, which stays valid JSON.
        const string Score = "\"brierScore\": 0.";
        int at = whole[2].IndexOf(Score, StringComparison.Ordinal);
        Assert.True(at > 0);
        int digit = at + Score.Length + 3;
        File.WriteAllText(Record(2), whole[2].Remove(digit, 1).Insert(digit, whole[2][digit] == '5' ? "6" : "5"));
        Refused("case-000002.json', the record of case 2 'case03', was changed after it was written", "SHA-256");
        Evaluate("--records", _workspace["records"]).AssertFailed(1, "case-000002.json", "was changed", "--overwrite");

        File.WriteAllText(Record(2), whole[2][..200]);
        Refused("case-000002.json', the record of case 2 'case03', is damaged");

        File.WriteAllText(Record(2), whole[2]);
        File.WriteAllText(_workspace["records/notes.json"], "{}");
        Refused("notes.json' is no record of this run");
        File.Delete(_workspace["records/notes.json"]);

        // Other files, and what is being written, are left alone.
        File.WriteAllText(_workspace["records/slurm-7.out"], "log");
        File.WriteAllText(_workspace["records/.case-000002.json.0.tmp"], "half a record");
        Merge().AssertSucceeded();

        // Each problem has a line of its own.
        File.Delete(Record(0));
        File.Delete(Record(2));
        CommandRun several = Merge("--json", _workspace["none.json"]);
        Assert.Equal((1, 3), (several.Code, several.ErrorLines.Length));
        Assert.EndsWith("cannot be merged: 2 problems.", several.ErrorLines[2], StringComparison.Ordinal);
        Assert.False(File.Exists(_workspace["none.json"]));
    }

    [Fact]
    public void A_changed_manifest_is_found()
    {
        Evaluate("--records", _workspace["records"]).AssertSucceeded();
        string manifest = _workspace["records/manifest.json"], text = File.ReadAllText(manifest);
        File.WriteAllText(manifest, text.Replace("\"case02\"", "\"case20\"", StringComparison.Ordinal));
        Merge().AssertFailed(1, "manifest.json' was changed or cut short");
        Evaluate("--records", _workspace["records"]).AssertFailed(1, "manifest.json' was changed or cut short");

        // With a new hash it is intact, but the records belong to the manifest as it was.
        int end = text.IndexOf(",\n  \"sha256\"", StringComparison.Ordinal);
        File.WriteAllText(
            manifest, SealedJson.Seal(text[..end].Replace("\"case02\"", "\"case20\"", StringComparison.Ordinal) + "\n}"));
        CommandRun run = Merge();
        Assert.Equal((1, 4), (run.Code, run.ErrorLines.Length));
        Assert.Contains("the record of case 0 'case01', belongs to another run", run.ErrorLines[0], StringComparison.Ordinal);
        File.Delete(manifest);
        Merge().AssertFailed(1, "holds no records: there is no manifest.json");
        Evaluate("--records", _workspace["records"]).AssertFailed(1, "case-000000.json' and no manifest.json", "empty folder");
    }

    [Fact]
    public void Records_of_another_model_option_case_or_number_of_shards_are_refused_with_what_differs()
    {
        Shard(0).AssertSucceeded();
        Shard(1, "--seed", "4").AssertFailed(1, "holds the records of another run", "settings.sampling.seed is null there and 4 here");
        Shard(1, "--native").AssertFailed(1, "settings.resolution.native is false there and true here");
        Shard(1, "--surface-tolerance", "2").AssertFailed(1, "settings.options.surfaceTolerance is null there and 2 here");
        Evaluate("--records", _workspace["records"], "--shard", "1/2").AssertFailed(1, "shards is 3 there and 2 here");

        CommandRun.InProcess(
            "train", "--data", model.Data, "--task", "kidney", "--size", "32", "--steps", "1", "--seed", "4", "--precision", "float32",
            "--out", _workspace["other.zip"]).AssertSucceeded();
        CommandRun.InProcess([
            "evaluate", "--model", _workspace["other.zip"], .. Cases, .. Quick, "--records", _workspace["records"], "--shard", "1/3",
        ]).AssertFailed(1, "the model is another file (SHA-256 ");

        // A record of the other model that was copied into the folder.
        CommandRun.InProcess([
            "evaluate", "--model", _workspace["other.zip"], .. Cases, .. Quick, "--records", _workspace["foreign"], "--shard", "1/3",
        ]).AssertSucceeded();
        File.Copy(_workspace["foreign/case-000001.json"], Record(1));
        Shard(1).AssertFailed(1, "case-000001.json', the record of case 1 'case02', belongs to another run");
        CommandRun merged = Merge();
        Assert.Equal((1, 3), (merged.Code, merged.ErrorLines.Length));
        Assert.Contains("case 1 'case02', belongs to another run", merged.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("case 2 'case03' has no record", merged.ErrorLines[1], StringComparison.Ordinal);
        Shard(1, "--overwrite").AssertSucceeded();
    }

    [Fact]
    public void A_shard_reads_its_own_cases_and_names_the_file_that_differs()
    {
        string data = Set(("case01", null), ("case02", null), ("case03", null));
        string[] evaluate = ["evaluate", "--model", model.Path, "--data", data, .. Quick, "--records", _workspace["records"], "--shard"];
        CommandRun.InProcess([.. evaluate, "0/3"]).AssertSucceeded();
        File.AppendAllText(Path.Combine(_workspace.Root, "set", "case02", "task01_seg02.nii.gz"), "one more byte");
        CommandRun.InProcess([.. evaluate, "1/3"]).AssertFailed(1, "another run", "case 1 'case02' has another mask 2 there than here");
        CommandRun.InProcess([.. evaluate, "2/3"]).AssertSucceeded();
        File.AppendAllText(Path.Combine(_workspace.Root, "set", "case03", "image.nii.gz"), "one more byte");
        CommandRun.InProcess([.. evaluate, "2/3"]).AssertFailed(1, "case 2 'case03' has another image there than here");
        File.Delete(Path.Combine(_workspace.Root, "set", "case01", "image.nii.gz"));
        CommandRun.InProcess([.. evaluate, "0/3"]).AssertFailed(1, "image.nii.gz' cannot be read");
    }

    [Fact]
    public void A_bad_file_is_reported_and_the_other_cases_are_scored()
    {
        string data = Set(("case01", null), ("case02", null), ("case03", null));
        string image = Path.Combine(_workspace.Root, "set", "case02", "image.nii.gz");
        File.WriteAllBytes(image, File.ReadAllBytes(image)[..300]);
        string[] evaluate = ["evaluate", "--model", model.Path, "--data", data, .. Quick, "--records", _workspace["records"]];
        CommandRun run = CommandRun.InProcess(evaluate);
        Assert.Equal(1, run.Code);
        Assert.StartsWith("consensus: case02: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("image.nii.gz", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("\n2 scored, 0 skipped, 1 failed\n", run.Out, StringComparison.Ordinal);
        CommandRun again = CommandRun.InProcess([.. evaluate, "--json", "-"]);
        Assert.Equal((1, ""), (again.Code, again.Out));
        Refused("case 1 'case02' has no record");
    }

    [Fact]
    public void Manifest_and_records_are_as_their_schemas_say()
    {
        Evaluate("--records", _workspace["records"], "--thresholds", "0.25", "0.5").AssertSucceeded();
        Valid("evaluation-manifest", _workspace["records/manifest.json"]);
        for (int index = 0; index < 3; index++)
        {
            Valid("evaluation-record", Record(index));
        }

        static void Valid(string schema, string path) => Assert.Empty(
            JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", $"{schema}.schema.json"))
                .Violations(JsonDocument.Parse(File.ReadAllText(path)).RootElement));
    }

    [Fact]
    public void Options_that_need_records_or_all_cases_say_so()
    {
        Evaluate("--shard", "0/2").AssertFailed(2, "Option --shard needs --records");
        Evaluate("--shards", "2").AssertFailed(2, "Option --shards needs --records");
        Evaluate("--overwrite").AssertFailed(2, "Option --overwrite needs --records");
        Shard(0, "--json", "report.json").AssertFailed(2, "--json is for all cases", "shard 0/3", "consensus merge");
        Evaluate("--records", _workspace["records"], "--json", _workspace["records/report.json"])
            .AssertFailed(2, "among the records", "elsewhere");
        Assert.False(Directory.Exists(_workspace["records"]));
        Merge().AssertFailed(1, "There is no folder");
    }

    [Fact]
    public async Task Processes_that_start_together_agree_on_the_manifest_or_all_but_one_are_refused()
    {
        (int Code, string Out, string Error)[] same = await Together("same", [], []);
        Assert.All(same, run => Assert.True(run.Code == 0, run.Error));
        CommandRun.InProcess("merge", _workspace["same"]).AssertSucceeded();

        (int Code, string Out, string Error)[] differing = await Together("differing", [], ["--seed", "8"]);
        Assert.Equal([0, 1], differing.Select(run => run.Code).Order());
        Assert.Contains("settings.sampling.seed is", differing.Single(run => run.Code == 1).Error, StringComparison.Ordinal);

        async Task<(int Code, string Out, string Error)[]> Together(string folder, string[] first, string[] second)
        {
            using ChildProcess one = Start(first, "0/2"), other = Start(second, "1/2");
            return await Task.WhenAll(one.FinishAsync(), other.FinishAsync());

            ChildProcess Start(string[] more, string shard) => ChildProcess.Start(
                CommandRun.StartInfo(
                    ["evaluate", "--model", model.Path, .. Cases, .. Quick, .. more, "--records", _workspace[folder], "--shard", shard]),
                TimeSpan.FromMinutes(5));
        }
    }

    [Fact]
    public void SIGTERM_gives_up_the_current_case_and_the_same_command_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The signal is sent with the kill command, and let through with GNU env.");
        string data = Set(("case01", null), ("case02", null));
        string image = Path.Combine(_workspace.Root, "set", "case01", "image.nii.gz");
        File.WriteAllBytes(image, File.ReadAllBytes(image)[..300]);

        // The failure of the first case says that the second is next, whose 1000 maps take long.
        ProcessStartInfo start = CommandRun.StartInfo(
            "evaluate", "--model", model.Path, "--data", data, "--generations", "1000", "--sampler", "ddpm", "--tolerance", "0",
            "--records", _workspace["records"], "--shards", "1");
        start.Environment["SLURM_ARRAY_TASK_ID"] = "0";
        start.ArgumentList.Insert(0, "--default-signal=TERM");
        start.ArgumentList.Insert(1, start.FileName);
        start.FileName = "env";
        using ChildProcess process = ChildProcess.Start(start, TimeSpan.FromMinutes(5));
        Assert.StartsWith("consensus: case01: ", process.Process.StandardError.ReadLine(), StringComparison.Ordinal);
        ChildProcess.Run("kill", "-TERM", process.Process.Id.ToString(CultureInfo.InvariantCulture));
        (int code, string output, string error) = process.Finish();
        Assert.True(code == 75, $"Exit code {code}: {error}");
        Assert.StartsWith("Shard 0/1 (SLURM_ARRAY_TASK_ID 0): 2 of 2 cases\n", output, StringComparison.Ordinal);
        Assert.EndsWith("0 scored, 0 skipped, 1 failed, 1 left (the same command goes on)\n", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_workspace["records"], "case-*"));
    }

    private string[] Cases => ["--data", model.Data, "--task", "kidney", "--split", "train"];

    private string Record(int index) => _workspace[$"records/case-{index:D6}.json"];

    private CommandRun Evaluate(params string[] more) =>
        CommandRun.InProcess(["evaluate", "--model", model.Path, .. Cases, .. Quick, .. more]);

    private CommandRun Shard(int index, params string[] more) =>
        Evaluate(["--records", _workspace["records"], "--shard", $"{index}/3", .. more]);

    private CommandRun Merge(params string[] more) => CommandRun.InProcess(["merge", _workspace["records"], .. more]);

    /// <summary>Makes sure that merge finds one problem.</summary>
    private void Refused(params string[] said)
    {
        CommandRun run = Merge();
        Assert.Equal((1, 2), (run.Code, run.ErrorLines.Length));
        Assert.All(said, part => Assert.Contains(part, run.ErrorLines[0], StringComparison.Ordinal));
        Assert.EndsWith("cannot be merged: 1 problem.", run.ErrorLines[1], StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    /// <summary>A manifest of copies of the model's training cases, under these names and in these groups.</summary>
    private string Set(params (string Name, string? Group)[] cases)
    {
        string folder = _workspace["set"];
        if (!Directory.Exists(folder))
        {
            foreach (string source in Directory.GetDirectories(Path.Combine(model.Data, "kidney", "train")))
            {
                string target = Path.Combine(folder, Path.GetFileName(source));
                Directory.CreateDirectory(target);
                Array.ForEach(Directory.GetFiles(source), file => File.Copy(file, Path.Combine(target, Path.GetFileName(file))));
            }
        }

        string[] sources = [.. Directory.GetDirectories(folder).Order(StringComparer.Ordinal)];
        JsonNode Describe((string Name, string? Group) one, int at)
        {
            string source = sources.FirstOrDefault(path => Path.GetFileName(path) == one.Name) ?? sources[at];
            var described = new JsonObject
            {
                ["name"] = one.Name,
                ["image"] = Path.Combine(source, "image.nii.gz"),
                ["masks"] = new JsonObject(Enumerable.Range(1, 3).Select(rater =>
                    KeyValuePair.Create($"{rater}", (JsonNode?)Path.Combine(source, $"task01_seg{rater:00}.nii.gz")))),
            };
            if (one.Group is not null)
            {
                described["group"] = one.Group;
            }

            return described;
        }

        var manifest = new JsonObject
        {
            ["formatVersion"] = 1,
            ["name"] = "kidney",
            ["raters"] = new JsonArray("1", "2", "3"),
            ["cases"] = new JsonArray([.. cases.Select(Describe)]),
        };
        string path = _workspace[$"set-{cases[0].Name}-{cases.Length}.json"];
        File.WriteAllText(path, manifest.ToJsonString());
        return path;
    }
}
