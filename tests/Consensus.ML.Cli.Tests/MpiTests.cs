using System.Diagnostics;
using System.Text.RegularExpressions;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>Training in several processes, started by the mpirun of Open MPI.</summary>
public sealed partial class MpiTests : IDisposable
{
    private const string Missing = "There is no mpirun of Open MPI: install Debian's package 'openmpi-bin'.";

    /// <summary>Why nothing can be tried; null where mpirun runs two processes on this machine.</summary>
    private static readonly Lazy<string?> WhyNot = new(() =>
    {
        try
        {
            using (ChildProcess version = ChildProcess.Start(new("mpirun", ["--version"]) { RedirectStandardOutput = true }))
            {
                if (!version.Finish().Out.Contains("Open MPI", StringComparison.Ordinal))
                {
                    return Missing;
                }
            }

            using ChildProcess two = ChildProcess.Start(Start(["-np", "2", "true"]));
            (int code, string output, string error) = two.Finish();
            return code == 0 ? null : $"mpirun is installed, and cannot run two processes here: {output}{error}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return Missing;
        }
    });

    private readonly Workspace _workspace = new();

    [Fact]
    public void Three_processes_train_the_model_of_one()
    {
        SkipWithoutOpenMpi();
        string[] train = Train("--steps", "3");
        CommandRun alone = CommandRun.InProcess([.. train, "--checkpoints", _workspace["one"], "--out", _workspace["one.zip"]])
            .AssertSucceeded();
        CommandRun together = Mpirun(
            3, [.. train, "--checkpoints", _workspace["three"], "--out", _workspace["three.zip"], "--verbose"]).AssertSucceeded();

        // Four images on three processes. Single precision rounds at 6e-8.
        Assert.Contains("3 processes share the 4 images of each step.", together.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("roundings", together.Error, StringComparison.Ordinal);
        Assert.InRange(CheckpointWeights.Distance(Weights("one", 3), Weights("three", 3)), 0, 1e-5);
        Assert.Equal(Score().Match(alone.Out).Value, Score().Match(together.Out).Value);
        Assert.Single(Wrote().Matches(together.Out));
        Assert.Equal(new FileInfo(_workspace["one.zip"]).Length, new FileInfo(_workspace["three.zip"]).Length, 1000d);
    }

    [Fact]
    public void Processes_that_differ_say_so_in_one_line_and_none_trains()
    {
        SkipWithoutOpenMpi();
        string[] train = [.. Train("--steps", "3"), "--out", _workspace["model.zip"]], command = Command();
        CommandRun run = Mpirun(
            ["-np", "1", .. command, .. train, "--seed", "1", ":", "-np", "1", .. command, .. train, "--seed", "2"]);
        Assert.Equal(1, run.Code);
        string line = Assert.Single(run.ErrorLines, line => line.StartsWith("consensus: ", StringComparison.Ordinal)
            && !line.Contains("warning", StringComparison.Ordinal));
        Assert.Contains("Process 1 trains another model than process 0: Seed is 1 there and 2 here", line, StringComparison.Ordinal);
        Assert.False(File.Exists(_workspace["model.zip"]));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_killed_process_ends_the_job_and_a_resumed_run_has_the_weights_of_one_that_was_not_broken_off()
    {
        SkipWithoutOpenMpi();
        string[] train = [.. Train("--steps", "12", "--checkpoint-every", "2", "--resume"), "--out", _workspace["model.zip"]];
        string[] broken = [.. train, "--checkpoints", _workspace["broken"]];
        using (ChildProcess job = ChildProcess.Start(Start(["-np", "2", .. Command(), .. broken]), TimeSpan.FromMinutes(5)))
        {
            int rank = RankAfterCheckpoint(job, _workspace["broken"]);
            ChildProcess.Run("kill", "-KILL", rank.ToString());
            Assert.NotEqual(0, job.Finish().Code);
        }

        Assert.False(File.Exists(_workspace["model.zip"]));
        CommandRun resumed = Mpirun(2, [.. broken, "--verbose"]).AssertSucceeded();
        Assert.Contains("Training goes on from the checkpoint of step", resumed.Error, StringComparison.Ordinal);
        Mpirun(2, [.. train, "--checkpoints", _workspace["whole"]]).AssertSucceeded();
        Assert.Equal(Weights("whole", 12), Weights("broken", 12));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_termination_of_one_process_ends_all_with_a_checkpoint()
    {
        SkipWithoutOpenMpi();
        using ChildProcess job = ChildProcess.Start(
            Start([
                "-np", "2", .. Command(), .. Train("--steps", "500", "--checkpoint-every", "2"), "--checkpoints", _workspace["run"],
                "--out", _workspace["model.zip"],
            ]),
            TimeSpan.FromMinutes(5));
        ChildProcess.Run("kill", "-TERM", RankAfterCheckpoint(job, _workspace["run"]).ToString());
        (int code, string output, string error) = job.Finish();
        Assert.True(code == 75, $"Exit code {code}: {output}{error}");
        Assert.Contains("goes on from the last checkpoint", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_workspace["model.zip"]));
        Assert.NotEmpty(Directory.GetFiles(_workspace["run"], "step-*.safetensors"));
    }

    public void Dispose() => _workspace.Dispose();

    [GeneratedRegex(@"soft Dice [0-9.]+ on the cases set aside")]
    private static partial Regex Score();

    [GeneratedRegex("^Wrote ", RegexOptions.Multiline)]
    private static partial Regex Wrote();

    private static void SkipWithoutOpenMpi() =>
        Assert.SkipWhen(WhyNot.Value is not null, WhyNot.Value ?? "");

    private static string[] Command() => ["dotnet", Path.Combine(AppContext.BaseDirectory, "consensus.dll")];

    private static CommandRun Mpirun(int processes, string[] args) => Mpirun(["-np", $"{processes}", .. Command(), .. args]);

    private static CommandRun Mpirun(string[] args)
    {
        using ChildProcess job = ChildProcess.Start(Start(args), TimeSpan.FromMinutes(5));
        (int code, string output, string error) = job.Finish();
        return new(code, output, error);
    }

    /// <summary>
    /// Lets mpirun start more processes than there are cores, as root too, and in a container that forbids it to copy memory.
    /// </summary>
    private static ProcessStartInfo Start(string[] args) => new("mpirun", ["--bind-to", "none", .. args])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment =
        {
            ["CONSENSUS_DEBUG"] = "", ["OMPI_ALLOW_RUN_AS_ROOT"] = "1", ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1",
            ["OMPI_MCA_rmaps_base_oversubscribe"] = "1", ["OMPI_MCA_btl_vader_single_copy_mechanism"] = "none",
        },
    };

    /// <summary>Waits for the first checkpoint of a job; returns the last process that mpirun started.</summary>
    private static int RankAfterCheckpoint(ChildProcess job, string folder)
    {
        Assert.True(SpinWait.SpinUntil(
            () => job.Process.HasExited || (Directory.Exists(folder) && Directory.GetFiles(folder, "step-*.safetensors").Length > 0),
            TimeSpan.FromMinutes(4)));
        int parent = job.Process.Id;
        return int.Parse(File.ReadAllText($"/proc/{parent}/task/{parent}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]);
    }

    private string[] Train(params string[] more) =>
    [
        "train", "--data", _workspace.Phantom(cases: 4), "--task", "kidney", "--size", "32", "--precision", "float32", "--threads", "1",
        "--validation-fraction", "0.1", .. more,
    ];

    private float[] Weights(string folder, int step) => CheckpointWeights.Read(_workspace[folder], step);
}
