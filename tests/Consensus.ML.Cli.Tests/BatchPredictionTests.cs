using System.Diagnostics;
using System.Text.Json;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>
/// <c>consensus predict</c> in batch jobs: shards, what is finished, bad files, the log, lists of inputs, and signals.
/// </summary>
public sealed class BatchPredictionTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void Three_shards_write_the_files_of_one_process_byte_for_byte()
    {
        string[] images = WriteImages(7);
        File.WriteAllLines(_workspace["list.txt"], images);
        Predict("whole", [], "--inputs", _workspace["list.txt"]).AssertSucceeded();
        for (int shard = 0; shard < 3; shard++)
        {
            CommandRun run = Predict("shards", [], "--inputs", _workspace["list.txt"], "--shard", $"{shard}/3").AssertSucceeded();
            Assert.StartsWith($"Shard {shard}/3 (--shard): {(shard == 0 ? 3 : 2)} of 7 inputs\n", run.Out, StringComparison.Ordinal);
            Assert.Contains($"case{shard}: ", run.Out, StringComparison.Ordinal);
        }

        string[] names = Names("whole");
        Assert.Equal(14, names.Length);
        Assert.Equal(names, Names("shards"));
        Assert.All(
            names,
            name => Assert.Equal(File.ReadAllBytes(_workspace[$"whole/{name}"]), File.ReadAllBytes(_workspace[$"shards/{name}"])));

        // The images differ, and so do their maps: the files are not equal because all are the same.
        Assert.NotEqual(File.ReadAllBytes(_workspace["whole/case0_soft.nii.gz"]), File.ReadAllBytes(_workspace["whole/case1_soft.nii.gz"]));
    }

    [Fact]
    public void The_number_of_threads_changes_neither_maps_nor_lines_nor_their_order()
    {
        string[] images = [.. WriteImages(5), _workspace["missing.png"]];
        CommandRun one = Predict("one", images, "--threads", "1", "--log", _workspace["one.jsonl"]);
        CommandRun two = Predict("two", images, "--threads", "2", "--log", _workspace["two.jsonl"]);
        Assert.Equal((1, 1), (one.Code, two.Code));
        Assert.Equal(one.Out, two.Out.Replace("two", "one", StringComparison.Ordinal));
        Assert.Equal(CasesOf("one"), CasesOf("two"));
        Assert.Equal(Names("one"), Names("two"));
        Assert.All(
            Names("one"), name => Assert.Equal(File.ReadAllBytes(_workspace[$"one/{name}"]), File.ReadAllBytes(_workspace[$"two/{name}"])));

        string[] CasesOf(string log) =>
        [
            .. File.ReadLines(_workspace[$"{log}.jsonl"])
                .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("case").GetString()!),
        ];
    }

    [Fact]
    public void A_task_of_a_Slurm_array_takes_its_share_and_an_explicit_shard_wins()
    {
        string[] images = WriteImages(3);
        (string, string)[] task =
        [
            ("SLURM_ARRAY_TASK_ID", "2"), ("SLURM_ARRAY_TASK_MIN", "1"), ("SLURM_ARRAY_TASK_STEP", "1"), ("SLURM_ARRAY_TASK_COUNT", "2"),
        ];
        CommandRun run = OutOfProcess(task, "slurm", images).AssertSucceeded();
        Assert.StartsWith("Shard 1/2 (SLURM_ARRAY_TASK_ID 2): 1 of 3 inputs\n", run.Out, StringComparison.Ordinal);
        Assert.Equal(["case1.png", "case1_soft.nii.gz"], Names("slurm"));
        run = OutOfProcess(task, "explicit", ["--shard", "5/6", .. images]).AssertSucceeded();
        Assert.Equal("Shard 5/6 (--shard): 0 of 3 inputs\n", run.Out);
        Assert.False(Directory.Exists(_workspace["explicit"]));
    }

    [Fact]
    public void A_pod_of_an_indexed_job_needs_the_number_of_shards()
    {
        string[] images = WriteImages(3);
        (string, string)[] pod = [("JOB_COMPLETION_INDEX", "1")];
        Assert.StartsWith(
            "Shard 1/3 (JOB_COMPLETION_INDEX 1): 1 of 3 inputs\n",
            OutOfProcess(pod, "pod", ["--shards", "3", .. images]).AssertSucceeded().Out, StringComparison.Ordinal);
        Assert.Equal(["case1.png", "case1_soft.nii.gz"], Names("pod"));
        CommandRun run = OutOfProcess(pod, "all", images).AssertSucceeded();
        Assert.Contains("JOB_COMPLETION_INDEX", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(6, Names("all").Length);
        OutOfProcess(pod, "none", ["--shards", "1", .. images]).AssertFailed(2, "JOB_COMPLETION_INDEX is 1", "0 to 0");
    }

    [Fact]
    public void A_shard_leaves_finished_inputs_alone_and_a_plain_run_replaces_them()
    {
        string[] images = WriteImages(3);
        Directory.CreateDirectory(_workspace["maps"]);

        // Finished; half finished, as a process that was killed between the two files leaves it; and a rest of a file being written.
        File.WriteAllText(_workspace["maps/case0_soft.nii.gz"], "old map");
        File.WriteAllText(_workspace["maps/case0.png"], "old picture");
        File.WriteAllText(_workspace["maps/case1_soft.nii.gz"], "old map");
        File.WriteAllText(_workspace["maps/.case2.png.0.tmp"], "half a picture");
        CommandRun run = Predict("maps", images, "--shard", "0/1").AssertSucceeded();
        Assert.EndsWith("\n2 predicted, 1 skipped, 0 failed\n", run.Out, StringComparison.Ordinal);
        Assert.Equal("old map", File.ReadAllText(_workspace["maps/case0_soft.nii.gz"]));
        Assert.Equal("old picture", File.ReadAllText(_workspace["maps/case0.png"]));
        Assert.All(
            new[] { "case1", "case2" },
            name => Assert.Equal([20, 20], NiftiFile.ReadHeader(_workspace[$"maps/{name}_soft.nii.gz"]).Shape));

        Assert.EndsWith("0 predicted, 3 skipped, 0 failed\n", Predict("maps", images, "--skip-existing").AssertSucceeded().Out,
            StringComparison.Ordinal);
        Assert.Equal("old map", File.ReadAllText(_workspace["maps/case0_soft.nii.gz"]));
        Predict("maps", images[..1], "--shard", "0/1", "--overwrite").AssertSucceeded();
        Assert.NotEqual("old map", File.ReadAllText(_workspace["maps/case0_soft.nii.gz"]));
        File.WriteAllText(_workspace["maps/case1_soft.nii.gz"], "old map");
        Assert.DoesNotContain("skipped", Predict("maps", images).AssertSucceeded().Out, StringComparison.Ordinal);
        Assert.NotEqual("old map", File.ReadAllText(_workspace["maps/case1_soft.nii.gz"]));
        Predict("maps", images, "--skip-existing", "--overwrite").AssertFailed(2, "--skip-existing", "--overwrite");
    }

    [Fact]
    public void A_bad_file_among_several_is_reported_and_the_others_are_predicted()
    {
        string[] images = WriteImages(2);
        File.WriteAllBytes(_workspace["broken.nii.gz"], File.ReadAllBytes(MovedScans.Scan)[..300]);
        CommandRun run = Predict("maps", [images[0], _workspace["broken.nii.gz"], _workspace["missing.nii"], images[1]]);
        Assert.Equal(1, run.Code);
        Assert.Equal(2, run.ErrorLines.Length);
        Assert.StartsWith("consensus: broken: ", run.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("broken.nii.gz", run.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("missing.nii", run.ErrorLines[1], StringComparison.Ordinal);
        Assert.EndsWith("\n2 predicted, 0 skipped, 2 failed\n", run.Out, StringComparison.Ordinal);
        Assert.Equal(["case0.png", "case0_soft.nii.gz", "case1.png", "case1_soft.nii.gz"], Names("maps"));
    }

    [Fact]
    public void A_result_that_cannot_be_written_ends_the_run()
    {
        // A folder has the name of the first picture.
        Directory.CreateDirectory(_workspace["maps/case0.png"]);
        CommandRun run = Predict("maps", WriteImages(2), "--log", _workspace["log.jsonl"]);
        run.AssertFailed(1, "Cannot write", "case0.png");
        Assert.Equal(["case0_soft.nii.gz"], Names("maps"));
        string line = Assert.Single(File.ReadAllLines(_workspace["log.jsonl"]));
        Assert.Contains("\"status\":\"failed\",\"message\":\"Cannot write", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_has_a_valid_line_for_each_input_and_goes_on()
    {
        Slice image = SliceReader.Read(WriteImages(1)[0]);
        TiffFile.WriteSlice(_workspace["grey.tif"], new Slice(1, image.Height, image.Width, image.Pixels));
        NiftiFile.WriteSlice(_workspace["spaced.nii"], new Slice(
            1, image.Height, image.Width, image.Pixels, new SliceGeometry(0.5, 3, [0, 0.5, 0, 1, 3, 0, 0, 2, 0, 0, 1, 3, 0, 0, 0, 1])));
        File.WriteAllText(_workspace["broken.nii"], "no image");
        string[] inputs = [_workspace["grey.tif"], _workspace["broken.nii"], _workspace["spaced.nii"]];
        Assert.Equal(1, Predict("maps", inputs, "--log", _workspace["log.jsonl"]).Code);
        Assert.Equal(1, Predict("maps", inputs, "--log", _workspace["log.jsonl"], "--skip-existing").Code);

        string text = File.ReadAllText(_workspace["log.jsonl"]);
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        JsonElement[] lines = [.. text.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        var schema = JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "prediction-log.schema.json"));
        Assert.All(lines, line => Assert.Empty(schema.Violations(line)));
        Assert.Equal(["ok", "failed", "ok", "skipped", "failed", "skipped"], lines.Select(line => line.GetProperty("status").GetString()));
        Assert.Equal(["grey", "broken", "spaced"], lines[..3].Select(line => line.GetProperty("case").GetString()));
        Assert.Equal([_workspace["grey.tif"]], Strings(lines[0], "inputs"));
        Assert.Equal([_workspace["maps/grey_soft.tif"], _workspace["maps/grey.png"]], Strings(lines[0], "outputs"));
        Assert.Equal(Strings(lines[0], "outputs"), Strings(lines[3], "outputs"));
        Assert.Contains("broken.nii", lines[1].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, lines[0].GetProperty("physicalArea").ValueKind);
        Assert.InRange(lines[0].GetProperty("seconds").GetDouble(), 0.001, 600);

        // Counted in the file: pixels above one half, each of 0.5 by 3 mm.
        float[] map = SliceReader.Read(_workspace["maps/spaced_soft.nii.gz"]).Pixels;
        int area = map.Count(value => value > 0.5f);
        Assert.InRange(area, 1, (image.Height * image.Width) - 1);
        Assert.Equal(area, lines[2].GetProperty("area").GetInt32());
        Assert.Equal(area * 1.5, lines[2].GetProperty("physicalArea").GetDouble(), 1e-9);
        double inside = map.Where(value => value > 0.5f).Sum(value => (double)value), all = map.Sum(value => (double)value);
        Assert.Equal(2 * inside / (area + all), lines[2].GetProperty("expectedDice").GetDouble(), 1e-6);
    }

    [Fact]
    public void A_list_from_the_standard_input_is_predicted()
    {
        string[] images = WriteImages(2);
        ProcessStartInfo start = CommandRun.StartInfo(Arguments("maps", ["--inputs", "-", "--threads", "1"]));
        start.RedirectStandardInput = true;
        using ChildProcess process = ChildProcess.Start(start, TimeSpan.FromMinutes(5));
        process.Process.StandardInput.Write(string.Join('\n', images));
        process.Process.StandardInput.Close();
        (int code, _, string error) = process.Finish();
        Assert.True(code == 0, error);
        Assert.Equal(4, Names("maps").Length);
    }

    [Fact]
    public void An_image_that_a_map_would_replace_is_kept()
    {
        string image = WriteImages(1)[0];
        File.Copy(image, _workspace["images/case0_soft.nii.gz"]);
        Predict("images", [image, _workspace["images/case0_soft.nii.gz"]])
            .AssertFailed(2, "map of case 'case0'", "would overwrite", "--out");
    }

    /// <summary>Of a model that draws named raters, the result of a case has further files.</summary>
    [Fact]
    public void A_rater_s_mask_replaces_neither_an_image_nor_the_result_of_another_case()
    {
        SegmentedStructure[] structures = [new("core", 2, ["Ann", "Ben"]), new("rim", 2, [])];
        RaterCase one = Image("a", "d/a.jpg");
        PredictionCheck.CheckFiles([one, Image("b", "d/b.jpg")], "d", structures);
        Refuse("The map of case 'a' would overwrite the image", Image("b", "d/a_core_rater_Ben.tif"));
        Refuse("The picture of case 'a' would overwrite the image", Image("b", "d/a_core_raters.png"));
        Refuse(
            "Results of the cases 'a' and 'a_core' would both be written to", Image("a_core", "d/c.jpg"),
            new SegmentedStructure("raters", 2, []));

        static RaterCase Image(string name, string path) => new(name, [path], [], []);

        void Refuse(string said, RaterCase other, SegmentedStructure? further = null) => Assert.Contains(
            said,
            Assert.Throws<UsageException>(() => PredictionCheck.CheckFiles(
                [one, other], "d", further is null ? structures : [.. structures, further])).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM", 75)]
    [InlineData("INT", 130)]
    public void A_signal_gives_up_the_current_map_and_the_same_command_goes_on(string signal, int expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals are sent with the kill command, and let through with GNU env.");
        string[] images = WriteImages(2);
        File.WriteAllText(_workspace["broken.nii"], "no image");

        // The first input is finished. The failure of the second says that the third is next, whose 1000 maps take long.
        Predict("maps", images[..1]).AssertSucceeded();
        string[] rest = ["--skip-existing", "--log", _workspace["log.jsonl"], images[0], _workspace["broken.nii"], images[1]];
        string[] endless = ["predict", "--model", MovedScans.Model, "--out", _workspace["maps"], "--generations", "1000",
            "--sampler", "ddpm",
            "--tolerance", "0", .. rest];
        ProcessStartInfo start = CommandRun.StartInfo(endless);
        start.ArgumentList.Insert(0, $"--default-signal={signal}");
        start.ArgumentList.Insert(1, start.FileName);
        start.FileName = "env";
        using ChildProcess process = ChildProcess.Start(start, TimeSpan.FromMinutes(5));
        string? line = process.Process.StandardError.ReadLine();
        Assert.StartsWith("consensus: broken: ", line, StringComparison.Ordinal);
        ChildProcess.Run("kill", $"-{signal}", process.Process.Id.ToString());
        (int code, string output, string error) = process.Finish();
        Assert.True(code == expected, $"Exit code {code}: {error}");
        Assert.Contains("stopping", error, StringComparison.Ordinal);
        Assert.EndsWith("0 predicted, 1 skipped, 1 failed, 1 left (the same command goes on)\n", output, StringComparison.Ordinal);
        Assert.Equal(["case0.png", "case0_soft.nii.gz"], Names("maps"));
        Assert.Equal(2, File.ReadAllLines(_workspace["log.jsonl"]).Length);

        Assert.Equal(1, Predict("maps", rest).Code);
        Assert.Equal(4, Names("maps").Length);
        string[] lines = File.ReadAllLines(_workspace["log.jsonl"]);
        Assert.Equal(5, lines.Length);
        Assert.Contains("\"case\":\"case1\"", lines[^1], StringComparison.Ordinal);
        Assert.Contains("\"status\":\"ok\"", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_process_killed_at_any_moment_leaves_whole_results_and_lines()
    {
        string[] images = WriteImages(40);
        File.WriteAllLines(_workspace["list.txt"], images);
        string[] job = ["--inputs", _workspace["list.txt"], "--shard", "0/1", "--log", _workspace["log.jsonl"]];
        Predict("whole", [], "--inputs", _workspace["list.txt"]).AssertSucceeded();
        foreach (int lines in new[] { 1, 12, 25 })
        {
            using ChildProcess process = CommandRun.Start(Arguments("maps", job));
            string? said = "";
            for (int read = 0; read <= lines && said is not null; read++)
            {
                said = process.Process.StandardOutput.ReadLine();
            }

            process.Kill();
            Assert.All(
                Names("maps").Where(name => !name.EndsWith(".tmp", StringComparison.Ordinal)),
                name => Assert.Equal(File.ReadAllBytes(_workspace[$"whole/{name}"]), File.ReadAllBytes(_workspace[$"maps/{name}"])));
            Assert.All(File.ReadAllLines(_workspace["log.jsonl"]), line => JsonDocument.Parse(line));
        }

        Predict("maps", [], job).AssertSucceeded();
        Assert.Equal(Names("whole"), Names("maps").Where(name => !name.EndsWith(".tmp", StringComparison.Ordinal)));
    }

    private static string[] Strings(JsonElement line, string name) =>
        [.. line.GetProperty(name).EnumerateArray().Select(one => one.GetString()!)];

    private CommandRun Predict(string folder, string[] files, params string[] more) =>
        CommandRun.InProcess(Arguments(folder, [.. more, .. files]));

    private CommandRun OutOfProcess((string Name, string Value)[] variables, string folder, string[] more)
    {
        ProcessStartInfo start = CommandRun.StartInfo(Arguments(folder, more));
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using ChildProcess process = ChildProcess.Start(start, TimeSpan.FromMinutes(5));
        (int code, string output, string error) = process.Finish();
        return new(code, output, error);
    }

    private string[] Arguments(string folder, string[] more) =>
        ["predict", "--model", MovedScans.Model, "--out", _workspace[folder], .. more];

    /// <summary>The names of the files in a folder of results.</summary>
    private string[] Names(string folder) =>
        [.. Directory.GetFiles(_workspace[folder]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private string[] WriteImages(int count) => MovedScans.Write(_workspace["images"], count);
}
