using System.Globalization;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Torch.Collectives;

/// <summary>How many processors of its machine a process may take, so that all processes on it together take each once.</summary>
internal static class ProcessorShare
{
    // More than any machine has.
    private const int Most = 8192;

    /// <summary>
    /// The share of this process, at least 1. A processor that several processes may use counts in equal parts: mpirun and srun may bind
    /// each process to processors of its own, to some common ones, or not at all.
    /// </summary>
    public static int Of(ICollective processes, IReadOnlyCollection<int>? allowed)
    {
        var users = new double[Most + 1];
        foreach (int processor in allowed ?? [])
        {
            users[Math.Min(processor, Most - 1)] = 1;
        }

        users[^1] = allowed is null ? 1 : 0;
        processes.SumOnMachine(users);
        return users[^1] > 0
            ? Math.Max(1, Environment.ProcessorCount / processes.LocalSize)
            : Math.Max(1, (int)Math.Floor(allowed!.Sum(processor => 1 / users[processor]) + 1e-9));
    }

    /// <summary>The share of this process, by the processors that the system allows it.</summary>
    public static int Of(ICollective processes) => Of(
        processes, FreeProcessors.Allowed()?.Select(name => int.Parse(name.AsSpan("cpu".Length), CultureInfo.InvariantCulture)).ToArray());
}
