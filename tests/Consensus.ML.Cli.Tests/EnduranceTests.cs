using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>
/// A training that is killed, interrupted or runs out of disk space loses nothing. A training that would lose something is refused.
/// </summary>
public sealed class EnduranceTests : IDisposable
{
    private const int Steps = 6;

    private readonly Workspace _workspace = new();
    private readonly string _data;

    public EnduranceTests() => _data = _workspace.Phantom(cases: 5);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    [Trait("Category", "Slow")]
    public void A_run_killed_at_several_moments_ends_with_the_weights_of_one_that_was_not()
    {
        CommandRun.InProcess(Train(Steps, "float32", "whole.zip")).AssertSucceeded();
        string[] resumed =
        [
            .. Train(Steps, "float32", "model.zip"), "--checkpoints", _workspace["run"], "--checkpoint-every", "2", "--resume",
        ];

        // Killed when the first checkpoint exists, while a later checkpoint is being written, and between the last checkpoint and the
        // model.
        Kill(resumed, () => Exists("step-000000002.safetensors"));
        Kill(resumed, () => Directory.GetFiles(_workspace["run"], ".step-*.tmp").Length > 0 && Exists("step-000000004.safetensors"));
        Kill(resumed, () => Exists($"step-{Steps:000000000}.safetensors"));
        CommandRun.InProcess(resumed).AssertSucceeded();
        Assert.Equal(Entry("whole.zip", "weights.safetensors"), Entry("model.zip", "weights.safetensors"));
        JsonNode whole = History("whole.zip"), model = History("model.zip");
        Assert.Equal(Steps, whole["validations"]!.AsArray().Count);
        Assert.True(JsonNode.DeepEquals(Untimed(whole["validations"]!), Untimed(model["validations"]!)), $"{whole} is not {model}");
        Assert.Equal((Steps, (int?)whole["bestStep"]), ((int)model["steps"]!, (int?)model["bestStep"]));

        // Resumed once more, it writes the same model again.
        resumed[Array.IndexOf(resumed, "--out") + 1] = _workspace["again.zip"];
        CommandRun.InProcess(resumed).AssertSucceeded();
        Assert.Equal(Entries("model.zip"), Entries("again.zip"));
        Assert.All(Entries("model.zip"), name => Assert.Equal(Entry("model.zip", name), Entry("again.zip", name)));
    }

    [Theory]
    [InlineData("float32")]
    [InlineData("bfloat16")]
    [Trait("Category", "Slow")]
    public void A_run_killed_at_twenty_random_moments_ends_with_the_weights_of_one_that_was_not(string precision)
    {
        const int LongSteps = 150;
        CommandRun.InProcess(Train(LongSteps, precision, "whole.zip")).AssertSucceeded();
        string[] resumed =
        [
            .. Train(LongSteps, precision, "model.zip"), "--checkpoints", _workspace["run"], "--checkpoint-every", "3", "--resume",
        ];
        var random = new Random(1);
        for (int i = 0; i < 20; i++)
        {
            using ChildProcess process = CommandRun.Start(resumed);
            process.Process.WaitForExit(TimeSpan.FromMilliseconds(random.Next(500, 6000)));
            process.Kill();
        }

        CommandRun.InProcess(resumed).AssertSucceeded();
        Assert.Equal(Entry("whole.zip", "weights.safetensors"), Entry("model.zip", "weights.safetensors"));
    }

    [Fact]
    public async Task A_disk_that_is_full_leaves_the_checkpoint_before_and_training_goes_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The size of files is limited with the shell's ulimit.");
        CommandRun.InProcess(Train(4, "float32", "whole.zip")).AssertSucceeded();
        string[] resumed = [.. Train(4, "float32", "model.zip"), "--checkpoints", _workspace["run"], "--checkpoint-every", "1", "--resume"];
        Kill(resumed, () => Exists("step-000000001.safetensors"));
        string[] before = Checkpoints();

        // Files may have up to 40 MiB: enough for the weights, too little for a checkpoint, which also has the optimizer's moments.
        ProcessStartInfo start = CommandRun.StartInfo(resumed);
        string command = string.Join(' ', new[] { start.FileName }.Concat(start.ArgumentList).Select(part => $"'{part}'"));
        using ChildProcess process = ChildProcess.Start(new("bash", ["-c", $"trap '' XFSZ; ulimit -f 40960; {command}"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            // the runtime keeps some of its own memory in a file, which would not fit
            Environment = { ["DOTNET_EnableWriteXorExecute"] = "0", ["CONSENSUS_DEBUG"] = "" },
        });
        (int code, string output, string error) = await process.FinishAsync();
        string[] said = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(code == 0, error);
        Assert.Contains("Wrote", output, StringComparison.Ordinal);
        said = [.. said.Where(line => !line.StartsWith("consensus: warning: Training is to end after ", StringComparison.Ordinal))];
        Assert.Contains("is taken over from a training run that has ended without saying so", said[0], StringComparison.Ordinal);
        said = said[1..];
        Assert.NotEmpty(said);
        Assert.All(said, line => Assert.Matches(
            @"^consensus: warning: The checkpoint of step [2-4] could not be written: Cannot write '.*step-00000000[2-4].safetensors': .*; "
            + @"the last whole one is that of step [1-3]. Training goes on.$",
            line));
        Assert.Equal(before, Checkpoints());
        Assert.Equal(Entry("whole.zip", "weights.safetensors"), Entry("model.zip", "weights.safetensors"));
    }

    [Fact]
    public void Checkpoints_are_neither_replaced_nor_mixed_up()
    {
        string[] train = [.. Train(1, "float32", "model.zip"), "--checkpoints", _workspace["run"]];
        CommandRun.InProcess(train).AssertSucceeded();
        CommandRun.InProcess(train)
            .AssertFailed(1, "'" + _workspace["run"] + "' holds checkpoints of an earlier run, up to step 1", "--resume");
        CommandRun.InProcess([.. train, "--resume", "--patience", "2"])
            .AssertFailed(1, "is of another run: Training.Patience is null there and 2 here");

        string image = Path.Combine(_workspace.TrainingCase(2), "image.nii.gz");
        Slice slice = SliceReader.Read(image);
        slice.Pixels[40] += 1;
        NiftiFile.WriteSlice(image, slice);
        CommandRun.InProcess([.. train, "--resume"]).AssertFailed(1, "have other pixels here");
        Directory.Delete(_workspace.TrainingCase(2), recursive: true);
        CommandRun.InProcess([.. train, "--resume"]).AssertFailed(1, "Case 'case02' was trained on there and is missing here");
    }

    [Fact]
    public void Options_of_checkpoints_need_a_folder()
    {
        CommandRun.InProcess([.. Train(1, "float32", "model.zip"), "--resume"]).AssertFailed(2, "--resume needs --checkpoints DIR");
        CommandRun.InProcess([.. Train(1, "float32", "model.zip"), "--checkpoint-every", "5"])
            .AssertFailed(2, "--checkpoint-every needs --checkpoints DIR");
        CommandRun.InProcess([.. Train(1, "float32", "model.zip"), "--checkpoints", _workspace["run"], "--checkpoint-every", "0"])
            .AssertFailed(2, "'0' is not a value of --checkpoint-every");
    }

    [Fact]
    public void A_finished_model_is_trained_further_with_its_own_network_target_size_and_recipe()
    {
        CommandRun.InProcess([.. Train(1, "float32", "model.zip"), "--target", "soft-label", "--batch", "3"]).AssertSucceeded();
        string[] further =
        [
            "train", "--data", _data, "--task", "kidney", "--steps", "1", "--from", _workspace["model.zip"],
            "--out", _workspace["further.zip"],
        ];
        CommandRun run = CommandRun.InProcess(further).AssertSucceeded();
        Assert.Contains("at 32×32 pixels: 3 raters, target soft-label", run.Out, StringComparison.Ordinal);
        Assert.NotEqual(Entry("model.zip", "weights.safetensors"), Entry("further.zip", "weights.safetensors"));
        Assert.Equal((2e-3, 2e-3), (LearningRate("model.zip"), LearningRate("further.zip")));
        Assert.Equal((3, 3), (BatchSize("model.zip"), BatchSize("further.zip")));

        CommandRun.InProcess([.. further, "--preset", "compact"]).AssertSucceeded();
        Assert.Equal((2e-3, 4), (LearningRate("further.zip"), BatchSize("further.zip")));
        CommandRun.InProcess([.. further, "--target", "consensus"])
            .AssertFailed(1, "The model to start from cannot be trained further", "Target is \"SoftLabel\" there and \"Consensus\" here");
        CommandRun.InProcess([.. further, "--size", "64"]).AssertFailed(1, "trained on slices of 32×32 pixels", "on 64×64");
        further[Array.IndexOf(further, "--from") + 1] = _workspace["nothing.zip"];
        CommandRun.InProcess(further).AssertFailed(1, "nothing.zip");
    }

    [Fact]
    public void How_levels_are_told_apart_is_the_finished_models_too_where_there_are_levels()
    {
        CommandRun.InProcess([.. Train(1, "float32", "levels.zip")]).AssertSucceeded();
        CommandRun.InProcess([.. Train(1, "float32", "soft.zip"), "--target", "soft-label"]).AssertSucceeded();
        Assert.Equal((1e-3, 2e-3), (LearningRate("levels.zip"), LearningRate("soft.zip")));
        string[] further =
        [
            "train", "--data", _data, "--task", "kidney", "--steps", "1", "--out", _workspace["further.zip"],
            "--level-conditioning", "embedding", "--from",
        ];
        CommandRun.InProcess([.. further, _workspace["levels.zip"]]).AssertFailed(
            1,
            "The model to start from cannot be trained further",
            "Network.LevelConditioning is \"Channels\" there and \"Embedding\" here");
        CommandRun.InProcess([.. further, _workspace["soft.zip"]]).AssertSucceeded();
    }

    [Theory]
    [InlineData("consensus")]
    [InlineData("level-unet")]
    [Trait("Category", "Slow")]
    public void Patches_are_taken_of_large_slices_unless_asked_otherwise_and_stay_the_finished_models(string method)
    {
        string[] train = ["train", "--data", _data, "--task", "kidney", "--steps", "1", "--method", method, "--out"];
        CommandRun.InProcess([.. train, _workspace["small.zip"], "--size", "64"]).AssertSucceeded();
        CommandRun.InProcess([.. train, _workspace["large.zip"], "--size", "128"]).AssertSucceeded();
        CommandRun.InProcess([.. train, _workspace["asked.zip"], "--size", "32", "--patch-size", "4"]).AssertSucceeded();
        Assert.Equal((1, 2, 4), (PatchSize("small.zip"), PatchSize("large.zip"), PatchSize("asked.zip")));

        // A new model for slices of that size would take no patches.
        string[] further =
        [
            "train", "--data", _data, "--task", "kidney", "--steps", "1", "--out", _workspace["further.zip"],
            "--from", _workspace["asked.zip"],
        ];
        CommandRun.InProcess(further).AssertSucceeded();
        Assert.Equal(4, PatchSize("further.zip"));
        CommandRun.InProcess([.. further, "--patch-size", "1"])
            .AssertFailed(1, "The model to start from cannot be trained further", "Network.PatchSize is 4 there and 1 here");
    }

    private string[] Train(int steps, string precision, string model) =>
    [
        "train", "--data", _data, "--task", "kidney", "--size", "32", "--steps", $"{steps}", "--seed", "3", "--threads", "1", "--precision",
        precision, "--validation-fraction", "0.1", "--out", _workspace[model],
    ];

    private bool Exists(string checkpoint) => File.Exists(Path.Combine(_workspace["run"], checkpoint));

    private string[] Checkpoints() => [.. Directory.GetFiles(_workspace["run"], "*")
        .Where(path => path.EndsWith(".safetensors", StringComparison.Ordinal)
            && Path.GetFileName(path).StartsWith("step-", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)];

    /// <summary>Runs the command, and ends it by SIGKILL at a given moment.</summary>
    private static void Kill(string[] command, Func<bool> moment)
    {
        using ChildProcess process = CommandRun.Start(command);
        Task<string> error = process.Process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        while (!process.Process.HasExited)
        {
            bool come;
            try
            {
                come = moment();
            }
            catch (DirectoryNotFoundException)
            {
                come = false;
            }

            if (come)
            {
                process.Kill();
                Assert.False(process.Process.ExitCode == 0, "The process ended before it could be killed.");
                return;
            }
        }

        Assert.Fail($"The moment did not come. {error.GetAwaiter().GetResult()}");
    }

    /// <summary>The validations without their times, which differ in every run.</summary>
    private static JsonArray Untimed(JsonNode validations)
    {
        JsonArray copy = validations.DeepClone().AsArray();
        foreach (JsonNode? validation in copy)
        {
            Assert.True(validation!.AsObject().Remove("seconds"));
        }

        return copy;
    }

    private JsonNode History(string model) => Training(model)["history"]!;

    private double LearningRate(string model) => (double)Training(model)["options"]!["learningRate"]!;

    private int BatchSize(string model) => (int)Training(model)["options"]!["batchSize"]!;

    private int PatchSize(string model) => (int)Manifest(model)["network"]!["patchSize"]!;

    private JsonNode Training(string model) => Manifest(model)["training"]!;

    private JsonNode Manifest(string model) => ModelZip.Manifest(_workspace[model]);

    private string[] Entries(string model)
    {
        using ZipArchive archive = ZipFile.OpenRead(_workspace[model]);
        return [.. archive.Entries.Select(entry => entry.FullName)];
    }

    private byte[] Entry(string model, string name) => ModelZip.Entry(_workspace[model], name);
}
