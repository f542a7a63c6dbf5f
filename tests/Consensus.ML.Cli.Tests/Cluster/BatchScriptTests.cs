using System.Diagnostics;
using Consensus.ML.Cli.Tests.Documentation;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests.Cluster;

/// <summary>
/// The scripts of samples/Cluster in a task of a Slurm array, with a srun and a scontrol that only note how they were called: whether the
/// command understands its arguments, and which exit codes start the task again.
/// </summary>
public sealed class BatchScriptTests : IDisposable
{
    private static readonly string Samples = Path.Combine(RepositoryFolder.Find(), "samples", "Cluster");

    private readonly TemporaryFolder _folder = new();

    public BatchScriptTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The scripts need bash.");

        // A line for each argument. srun ends as the step would.
        Write("srun", """printf '%s\n' "$@" > "$NOTES-srun"; exit "$STEP" """);
        Write("scontrol", """printf '%s\n' "$@" > "$NOTES-scontrol" """);

        void Write(string name, string body)
        {
            File.WriteAllText(_folder[name], $"#!/bin/bash\n{body}\n");
            ChildProcess.Run("chmod", "+x", _folder[name]);
        }
    }

    public static TheoryData<string, string[]> Scripts => new()
    {
        { "predict.sbatch", ["model.zip", "images.txt", "maps", "--generations", "8"] },
        { "predict-lists.sbatch", ["model.zip", "lists", "maps", "--axis", "2"] },
        { "evaluate.sbatch", ["scores", "--model", "model.zip", "--data", "dataset.json", "--split", "val"] },
        { "study.sbatch", ["folds", "--data", "dataset.json", "--folds", "5", "--steps", "2000", "--methods", "all"] },
        { "train.sbatch", ["run", "model.zip", "--data", "dataset.json", "--steps", "20000"] },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_script_is_tried() => Assert.Equal(
        Directory.GetFiles(Samples, "*.sbatch").Select(Path.GetFileName).Order(StringComparer.Ordinal),
        Scripts.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Scripts))]
    public void The_step_is_a_call_that_the_command_understands(string script, string[] arguments)
    {
        Assert.Equal(0, Run(script, arguments, step: 0));
        string[] words = File.ReadAllLines(_folder["notes-srun"]);
        int command = Array.IndexOf(words, "consensus");
        Assert.Contains("--cpus-per-task=4", words[..command]);
        Assert.Empty(ShellBlock.Complaints(words[(command + 1)..]));
        Assert.Equal(arguments[^1], words[^1]);
        Assert.False(File.Exists(_folder["notes-scontrol"]));
    }

    /// <summary>
    /// The codes as in the command's README; 137 is 128 + SIGKILL, and 253 what srun makes of a kill for memory. Three kills lead to
    /// another start, however often the task was stopped in between.
    /// </summary>
    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_task_that_was_stopped_or_killed_starts_again_and_one_that_failed_does_not(string script, string[] arguments)
    {
        int restarts = 0;
        foreach ((int step, bool again) in ((int, bool)[])
            [
                (75, true), (75, true), (75, true), (75, true), (137, true), (75, true), (253, true), (137, true), (75, true), (253, false),
                (137, false), (75, true), (1, false), (2, false), (130, false),
            ])
        {
            File.Delete(_folder["notes-scontrol"]);
            Assert.Equal(step, Run(script, arguments, step, restarts));
            Assert.True(again == File.Exists(_folder["notes-scontrol"]), $"{step} after {restarts} restarts");
            restarts++;
            if (again)
            {
                // The id of one task may be the id of its whole array too: '17' alone would start every task again.
                Assert.Equal(["requeue", script == "train.sbatch" ? "17" : "17_3"], File.ReadAllLines(_folder["notes-scontrol"]));
            }
        }

        // Beside the output, under the name of the task alone: each task has three kills of its own.
        string task = script == "train.sbatch" ? "17" : "17_3";
        Assert.Equal(5, File.ReadAllLines(_folder[$"{Path.GetFileNameWithoutExtension(script)}-{task}.kills"]).Length);
    }

    /// <summary>Runs a script as task 3 of job 17, whose own id is 17 too.</summary>
    private int Run(string script, string[] arguments, int step, int restarts = 0)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Samples, script), .. arguments])
        {
            WorkingDirectory = _folder.Root,
            Environment =
            {
                ["PATH"] = $"{_folder.Root}:{Environment.GetEnvironmentVariable("PATH")}",
                ["NOTES"] = _folder["notes"],
                ["STEP"] = $"{step}",
                ["SLURM_JOB_NAME"] = Path.GetFileNameWithoutExtension(script),
                ["SLURM_JOB_ID"] = "17",
                ["SLURM_ARRAY_JOB_ID"] = "17",
                ["SLURM_ARRAY_TASK_ID"] = "3",
                ["SLURM_CPUS_PER_TASK"] = "4",
                ["SLURM_RESTART_COUNT"] = restarts == 0 ? null : $"{restarts}",
            },
        };
        using ChildProcess process = ChildProcess.Start(start, TimeSpan.FromMinutes(1));
        return process.WaitForExit();
    }
}
