using System.CommandLine;
using System.Globalization;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Machine;
using Consensus.ML.Torch.Collectives;

namespace Consensus.ML.Cli.Training;

/// <summary><c>--mpi</c>: whether several processes that a launcher started train one model together.</summary>
internal sealed class ProcessArguments
{
    public Option<Switch?> Mpi { get; } = OptionKinds.Choice(
        "--mpi",
        "Whether the processes that mpirun (of Open MPI) or srun --mpi=pmix started train one model together, each on a share of every "
        + "step's images. off: each trains alone. Default: on where there are several.",
        ("on", Switch.On), ("off", Switch.Off));

    /// <summary>Connects this process with the others of its launch; null where it trains alone.</summary>
    /// <exception cref="UsageException">There are several processes, and Open MPI cannot connect them.</exception>
    public TrainingProcesses? Start(ParseResult parsed, Launch? launch)
    {
        Switch? asked = parsed.GetValue(Mpi);
        if (asked == Switch.Off || (asked is null && launch is null))
        {
            return null;
        }

        if (launch is { HasMpi: false })
        {
            throw new UsageException(string.Create(
                CultureInfo.InvariantCulture,
                $"{launch}, but not as processes of Open MPI, so each would train the same model. Start them with 'mpirun -np "
                + $"{launch.Count} consensus train ...' of Open MPI or with 'srun --mpi=pmix', or let each train alone with "
                + $"{Mpi.Name} off."));
        }

        var processes = TrainingProcesses.OverMpi();
        if (launch is not null && processes.Count != launch.Count)
        {
            int connected = processes.Count;
            processes.Dispose();
            throw new UsageException(string.Create(
                CultureInfo.InvariantCulture,
                $"{launch}, but MPI connects {connected}: is libmpi.so.40 of the same Open MPI as {launch.Launcher}?"));
        }

        return processes;
    }

    /// <summary>The device of this process: by default each process on a machine takes a GPU of its own.</summary>
    /// <param name="asked">The value of --device.</param>
    /// <param name="processes">The processes that train together; null for this one alone.</param>
    /// <exception cref="InvalidOperationException">There are more processes than GPUs.</exception>
    public static string? Device(string? asked, TrainingProcesses? processes)
    {
        if (processes is not { Count: > 1 } || asked is not (null or "cuda") || RuntimeInfo.Collect(asked).Device == "cpu")
        {
            return asked;
        }

        // A launcher may show each process its own GPU alone, as cuda:0.
        return IsUsable(processes.LocalRank) ? Name(processes.LocalRank)
            : !IsUsable(1) ? Name(0)
            : throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"There is no GPU {Name(processes.LocalRank)} for process {processes.LocalRank} of this machine: start as many processes "
                + $"as there are GPUs, or give --device."));

        static string Name(int gpu) => string.Create(CultureInfo.InvariantCulture, $"cuda:{gpu}");

        static bool IsUsable(int gpu)
        {
            try
            {
                return RuntimeInfo.Collect(Name(gpu)).Device == Name(gpu);
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
    }
}
