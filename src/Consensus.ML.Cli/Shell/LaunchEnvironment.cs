using System.Globalization;

namespace Consensus.ML.Cli.Shell;

/// <summary>Finds out by the environment whether a launcher started this process with others, to do the same command.</summary>
/// <param name="variable">The value of a variable; null or empty where it is not set.</param>
internal sealed class LaunchEnvironment(Func<string, string?> variable)
{
    private const string OpenMpi = "OMPI_COMM_WORLD_SIZE", Slurm = "SLURM_STEP_NUM_TASKS", OtherMpi = "PMI_SIZE", Torchrun = "WORLD_SIZE";

    /// <summary>The launch that this process is part of; null where it was started alone.</summary>
    /// <remarks>
    /// mpirun of Open MPI comes first: inside a Slurm job it starts its daemons with srun, whose variables the processes inherit. PMIX_RANK
    /// is the process's number in PMIx, by which Open MPI connects the tasks of srun.
    /// </remarks>
    public Launch? Read() =>
        Of("mpirun", OpenMpi, "OMPI_COMM_WORLD_RANK", hasMpi: true)
        ?? Of("srun", Slurm, "SLURM_PROCID", hasMpi: IsSet("PMIX_RANK"))
        ?? Of("mpiexec of another MPI", OtherMpi, "PMI_RANK", hasMpi: false)
        ?? Of("torchrun", Torchrun, "RANK", hasMpi: false);

    private Launch? Of(string launcher, string size, string rank, bool hasMpi) =>
        Number(size) is > 1 and int count && Number(rank) is int number ? new(launcher, count, number, size, hasMpi) : null;

    private int? Number(string name) =>
        int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;

    private bool IsSet(string name) => !string.IsNullOrEmpty(variable(name));
}

/// <summary>Several processes that a launcher started with the same command.</summary>
/// <param name="Launcher">The launcher, for messages.</param>
/// <param name="Count">Number of processes, at least 2.</param>
/// <param name="Rank">The number of this process, from 0.</param>
/// <param name="Variable">The variable that says how many there are.</param>
/// <param name="HasMpi">Whether Open MPI can connect them.</param>
internal sealed record Launch(string Launcher, int Count, int Rank, string Variable, bool HasMpi)
{
    /// <summary>The launch in a message.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Launcher} started {Count} processes ({Variable} is {Count})");
}
