using System.Globalization;
using System.IO.Compression;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>
/// SIGTERM as a batch system sends it, often twice: a training keeps a checkpoint, writes no model and exits with 75, and the same command
/// goes on. Without checkpoints, the model so far is written. The signal comes to this process while the command runs in it, after a chosen
/// line of its output.
/// </summary>
public sealed class TerminationTests : IDisposable
{
    private readonly Workspace _workspace = new();

    [Fact]
    public void A_training_with_checkpoints_writes_no_model_and_the_same_command_goes_on()
    {
        string[] command = [.. Training(), "--steps", "1000", "--checkpoints", _workspace["run"], "--resume"];
        foreach (int run in (int[])[1, 2])
        {
            CommandRun stopped = Terminate(command, after: "step ", times: 2);
            Assert.True(stopped.Code == 75, stopped.Error);
            Assert.Equal("consensus: stopping; a checkpoint is saved, and no model is written", stopped.ErrorLines[0]);
            Assert.Matches(@"Stopped after \d+ steps?; the same command goes on from the last checkpoint in '.*run'\.\n$", stopped.Out);
            Assert.False(File.Exists(_workspace["model.zip"]));
            Assert.Equal(run, Directory.GetFiles(_workspace["run"], "step-*.safetensors").Length);
            Assert.DoesNotContain(_workspace.Contents(), path => path.EndsWith(".tmp", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_training_that_was_not_told_to_resume_says_that_the_next_must_be()
    {
        CommandRun stopped = Terminate([.. Training(), "--steps", "1000", "--checkpoints", _workspace["run"]], after: "step ");
        Assert.True(stopped.Code == 75, stopped.Error);
        Assert.Contains("the same command with --resume goes on", stopped.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_that_has_ended_gives_its_model()
    {
        CommandRun ended = Terminate([.. Training(), "--steps", "1", "--checkpoints", _workspace["run"]], after: "100 %");
        Assert.True(ended.Code == 0, ended.Error);
        Assert.True(File.Exists(_workspace["model.zip"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Before_the_first_step_there_is_nothing_to_keep_and_the_command_can_be_tried_again(bool keepsCheckpoints)
    {
        string[] checkpoints = keepsCheckpoints ? ["--checkpoints", _workspace["run"]] : [];
        CommandRun stopped = Terminate([.. Training(), "--steps", "1000", .. checkpoints], after: "The cases take");
        Assert.True(stopped.Code == 75, stopped.Error);
        Assert.Equal("consensus: Interrupted before the first training step; there is no model to save.", stopped.ErrorLines[1]);
        Assert.False(File.Exists(_workspace["model.zip"]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    public void A_training_of_fifteen_minutes_has_a_network_for_each_of_two_cores_unless_told_otherwise(int? members)
    {
        string[] number = members is int given ? ["--members", given.ToString(CultureInfo.InvariantCulture)] : [];
        CommandRun stopped = Terminate(
            [
                "train", "--data", _workspace.Phantom(), "--task", "kidney", "--size", "32", "--precision", "float32", "--device", "cpu",
                "--minutes", "15", "--threads", "2", "--out", _workspace["model.zip"], .. number,
            ],
            after: "step ");
        Assert.True(stopped.Code == 0, stopped.Error);
        bool two = members is null && Environment.ProcessorCount > 1;
        Assert.Equal(two, stopped.Out.Contains(", 2 networks.", StringComparison.Ordinal));
        Assert.Equal(two, stopped.Out.Contains("(--members 1: one)", StringComparison.Ordinal));
        using ZipArchive zip = ZipFile.OpenRead(_workspace["model.zip"]);
        Assert.Equal(two ? 2 : 1, zip.Entries.Count(entry => entry.Name.EndsWith(".safetensors", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_study_can_be_tried_again()
    {
        string[] study =
        [
            "study", "--data", _workspace.Phantom(5), "--task", "kidney", "--size", "32", "--steps", "1000", "--methods", "level-unet",
            "--folds", "2", "--device", "cpu", "--out", _workspace["study"],
        ];
        CommandRun stopped = Terminate(study, after: ", step 1, ");
        Assert.True(stopped.Code == 75, stopped.Error);
        Assert.Contains("--resume goes on from there", stopped.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_workspace["study"], "step-*.safetensors", SearchOption.AllDirectories));
    }

    public void Dispose() => _workspace.Dispose();

    private string[] Training() =>
    [
        "train", "--data", _workspace.Phantom(), "--task", "kidney", "--size", "32", "--method", "level-unet", "--precision", "float32",
        "--out", _workspace["model.zip"],
    ];

    /// <summary>Runs a command in this process, which gets SIGTERM when the command prints a line with a text.</summary>
    private static CommandRun Terminate(string[] command, string after, int times = 1)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The signal is sent with the kill command.");
        using var error = new StringWriter();
        TextWriter synchronized = TextWriter.Synchronized(error); // a handler of signals has a thread of its own
        using var output = new Watched(after, () =>
        {
            for (int time = 0; time < times; time++)
            {
                ChildProcess.Run("kill", "-TERM", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            }

            Assert.True(SpinWait.SpinUntil(() => Said().Contains("stopping", StringComparison.Ordinal), TimeSpan.FromMinutes(5)));
        });
        int code = CommandLine.Run(command, new Terminal(output, synchronized, IsInteractive: false));
        return new(code, output.ToString(), Said());

        string Said()
        {
            lock (synchronized)
            {
                return error.ToString();
            }
        }
    }

    /// <summary>Does something once, after the first line with a text was written.</summary>
    private sealed class Watched(string text, Action act) : StringWriter(CultureInfo.InvariantCulture)
    {
        private bool _done;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (!_done && value?.Contains(text, StringComparison.Ordinal) == true)
            {
                _done = true;
                act();
            }
        }
    }
}
