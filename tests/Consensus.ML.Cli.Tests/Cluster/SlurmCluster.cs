using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests.Cluster;

/// <summary>
/// A Slurm of one node with two processors that a test brings up and ends, from Debian's packages. It lies in a folder of the test, talks
/// over the loopback interface at free ports, and touches no other Slurm of the machine. Jobs find <c>consensus</c> on their path.
/// </summary>
internal sealed partial class SlurmCluster : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _configuration, _work, _programs;
    private readonly ChildProcess _daemons;

    private SlurmCluster(string folder, ChildProcess daemons)
    {
        _daemons = daemons;
        _configuration = Path.Combine(folder, "slurm.conf");
        _work = Path.Combine(folder, "work");
        _programs = Path.Combine(folder, "bin");
        Directory.CreateDirectory(_work);
        Directory.CreateDirectory(_programs);

        // It leaves its number, so that a test can send the process of a task a signal.
        string command = Path.Combine(_programs, "consensus");
        File.WriteAllText(
            command,
            $"""
            #!/bin/bash
            echo $$ > '{_work}'/process.$((SLURM_ARRAY_TASK_ID))
            exec dotnet '{Path.Combine(AppContext.BaseDirectory, "consensus.dll")}' "$@"

            """);
        ChildProcess.Run("chmod", "+x", command);
    }

    /// <summary>A file in the folder where jobs begin.</summary>
    public string this[string name] => Path.Combine(_work, name);

    /// <summary>Starts it. Skips the test where Slurm is not installed, or does not start.</summary>
    /// <param name="folder">An empty folder for all of its files.</param>
    public static SlurmCluster Start(string folder)
    {
        string[] needed = ["munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue"];
        string[] missing = [.. needed.Where(name => !File.Exists($"/usr/sbin/{name}") && !File.Exists($"/usr/bin/{name}"))];
        Assert.SkipWhen(
            missing.Length > 0, $"There is no {string.Join(", ", missing)}: install Debian's packages 'slurm-wlm' and 'munge'.");
        Directory.CreateDirectory(folder);
        (int controller, int node) = FreePorts();
        string script = Path.Combine(RepositoryFolder.Find(), "tests", "Consensus.ML.Cli.Tests", "Cluster", "slurm.sh");
        var start = new ProcessStartInfo("bash", [script, folder, $"{controller}", $"{node}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var daemons = ChildProcess.Start(start);
        try
        {
            // Otherwise it says why, and has ended: a machine may forbid daemons, or have too few processors. That says nothing of ours.
            string said = daemons.Process.StandardOutput.ReadLine() ?? "";
            if (said != "ready")
            {
                Assert.Skip($"Slurm is installed. {said}\n{daemons.Process.StandardOutput.ReadToEnd()}");
            }

            return new(folder, daemons);
        }
        catch
        {
            daemons.Dispose();
            throw;
        }
    }

    /// <summary>Submits a script of samples/Cluster, with a processor for each task, and returns the number of the job.</summary>
    /// <param name="array">The numbers of the tasks; null for a job that is no array.</param>
    /// <param name="script">The name of the script.</param>
    /// <param name="arguments">Its arguments.</param>
    public string Submit(string? array, string script, params string[] arguments) => Run(
        "sbatch",
        [
            "--parsable", .. array is null ? [] : (string[])[$"--array={array}"], "--cpus-per-task=1", "--mem=500",
            Path.Combine(RepositoryFolder.Find(), "samples", "Cluster", script), .. arguments,
        ]).Trim();

    /// <summary>Runs a program of Slurm to its end, and returns what it printed.</summary>
    public string Run(string program, params string[] arguments)
    {
        (int code, string output, string error) = Try(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}: {output}{error}");
        return output;
    }

    /// <summary>Runs the command itself where jobs begin, with one thread as in the tasks.</summary>
    public void Consensus(params string[] arguments) => Run("bash", [Path.Combine(_programs, "consensus"), .. arguments]);

    /// <summary>Sends a signal to the process that a task runs now. The task of a job that is no array is 0.</summary>
    public void Signal(int task, string signal) =>
        Assert.Equal(0, ChildProcess.Run("kill", $"-{signal}", File.ReadAllText(this[$"process.{task}"]).Trim()));

    /// <summary>Waits until something is so.</summary>
    public static void WaitUntil(Func<bool> holds, string what) => Assert.True(SpinWait.SpinUntil(holds, Patience), $"Never so: {what}.");

    /// <summary>Waits for the last task of a job. A task that was requeued starts again after some eleven seconds.</summary>
    public void WaitForEnd(string job) => WaitUntil(
        () => Try("squeue", ["--noheader", $"--jobs={job}"]) is { Code: 0, Out: "" }, $"job {job} has ended");

    /// <summary>How a task ended, and how often it was started again.</summary>
    public (string State, int Restarts) TaskOf(string job, int task) => Ended($"{job}_{task}");

    /// <summary>How a job or a task, as in 5_2, ended, and how often it was started again.</summary>
    public (string State, int Restarts) Ended(string job)
    {
        string text = Run("scontrol", "--oneliner", "show", "job", job);
        return (State().Match(text).Groups[1].Value, int.Parse(Restarts().Match(text).Groups[1].Value));
    }

    public void Dispose()
    {
        // The script ends the daemons when its input ends, and leaves no process behind.
        _daemons.Process.StandardInput.Close();
        _daemons.Process.WaitForExit(TimeSpan.FromSeconds(30));
        _daemons.Dispose();
    }

    private (int Code, string Out, string Error) Try(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _work,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["SLURM_CONF"] = _configuration,
                ["PATH"] = $"{_programs}:{Environment.GetEnvironmentVariable("PATH")}",
                ["OMP_NUM_THREADS"] = "1",
                ["CONSENSUS_DEBUG"] = "",
            },
        };
        using ChildProcess process = ChildProcess.Start(start, Patience);
        return process.Finish();
    }

    /// <summary>Two ports that were free a moment ago.</summary>
    private static (int First, int Second) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    [GeneratedRegex(@"\bJobState=(\w+)")]
    private static partial Regex State();

    [GeneratedRegex(@"\bRestarts=(\d+)")]
    private static partial Regex Restarts();
}
