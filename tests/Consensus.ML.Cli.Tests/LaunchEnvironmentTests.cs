using System.Diagnostics;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>Several processes that a launcher started are recognised, and never train the same model side by side unasked.</summary>
public sealed class LaunchEnvironmentTests
{
    [Theory]
    [InlineData("")]
    [InlineData("OMPI_COMM_WORLD_SIZE=1 OMPI_COMM_WORLD_RANK=0")]
    [InlineData("SLURM_NTASKS=4 SLURM_PROCID=0")] // a batch script before its first srun
    [InlineData("WORLD_SIZE=4")]
    [InlineData("WORLD_SIZE=four RANK=0")]
    public void A_process_that_was_started_alone_is_alone(string variables) => Assert.Null(Read(variables));

    [Theory]
    [InlineData("OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=3 PMIX_RANK=3 SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=0", "mpirun", 4, 3, true)]
    [InlineData("SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=1 PMIX_RANK=1", "srun", 2, 1, true)]
    [InlineData("SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=1 PMI_RANK=1 PMI_SIZE=2", "srun", 2, 1, false)]
    [InlineData("PMI_RANK=0 PMI_SIZE=8", "mpiexec of another MPI", 8, 0, false)]
    [InlineData("RANK=1 WORLD_SIZE=2 LOCAL_RANK=1", "torchrun", 2, 1, false)]
    public void A_launch_is_recognised_by_the_variables_of_its_launcher(string variables, string launcher, int count, int rank, bool hasMpi)
    {
        Launch launch = Read(variables)!;
        Assert.Equal((launcher, count, rank, hasMpi), (launch.Launcher, launch.Count, launch.Rank, launch.HasMpi));
    }

    [Theory]
    [InlineData("RANK=1 WORLD_SIZE=2", "torchrun started 2 processes (WORLD_SIZE is 2)")]
    [InlineData("SLURM_STEP_NUM_TASKS=3 SLURM_PROCID=0", "srun started 3 processes (SLURM_STEP_NUM_TASKS is 3)")]
    public void Training_is_refused_where_each_process_would_train_the_same_model(string variables, string said)
    {
        using var workspace = new Workspace();
        CommandRun run = Run(variables, "train", "--data", workspace.Root, "--out", workspace["model.zip"]);
        run.AssertFailed(2, said, "each would train the same model", "mpirun -np", "srun --mpi=pmix", "--mpi off");
        Run(variables, "train", "--data", workspace["none"], "--out", workspace["model.zip"], "--mpi", "off").AssertFailed(1, "none");
    }

    [Fact]
    public void Other_commands_say_once_that_each_process_does_all_of_them()
    {
        CommandRun first = Run("OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=0", "info").AssertSucceeded();
        Assert.Equal(
            "consensus: warning: mpirun started 2 processes (OMPI_COMM_WORLD_SIZE is 2), and each does all of 'consensus info': only "
            + "'consensus train' shares its work.",
            Assert.Single(first.ErrorLines));
        Assert.Empty(Run("OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=1", "info").AssertSucceeded().Error);
    }

    private static CommandRun Run(string variables, params string[] args)
    {
        ProcessStartInfo start = CommandRun.StartInfo(args);
        foreach ((string name, string value) in Parse(variables))
        {
            start.Environment[name] = value;
        }

        using ChildProcess process = ChildProcess.Start(start);
        (int code, string output, string error) = process.Finish();
        return new(code, output, error);
    }

    private static Launch? Read(string variables) => new LaunchEnvironment(name => Parse(variables).GetValueOrDefault(name)).Read();

    private static Dictionary<string, string> Parse(string variables) => variables
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.Split('='))
        .ToDictionary(parts => parts[0], parts => parts[1]);
}
