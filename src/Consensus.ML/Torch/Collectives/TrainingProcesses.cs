using System.Diagnostics.CodeAnalysis;

namespace Consensus.ML.Torch.Collectives;

/// <summary>
/// The processes that train one model together, connected by Open MPI 4 or 5 (<c>mpirun -np 4 program</c>, or
/// <c>srun --mpi=pmix program</c>). Each process makes this object once, gives it to its trainer (<c>SegmentationOptions.Processes</c>),
/// and disposes it at its end. All processes must have the same data and options and devices of one kind, and fit in the same order.
/// </summary>
/// <remarks>
/// <para>
/// Each step computes the batch of a training in one process. Every process computes a share of its images, and the gradients are added up.
/// So the weights are those of one process except for rounding, and the same bits in all processes. Each process returns the model.
/// Process 0 keeps the checkpoints.
/// </para>
/// <para>
/// A failure, or a cancellation, in one process ends the training in all. A process that is killed cannot say so: mpirun then ends the
/// others.
/// </para>
/// <para>The path for GPUs has not been run.</para>
/// </remarks>
/// <example>
/// <code>
/// using var processes = TrainingProcesses.OverMpi();
/// var options = new ConsensusSegmentationEstimator.Options { Processes = processes };
/// </code>
/// </example>
[Experimental("CONSENSUS001")]
public sealed class TrainingProcesses : IDisposable
{
    internal TrainingProcesses(ICollective collective) => Collective = collective;

    /// <summary>The number of this process, from 0.</summary>
    public int Rank => Collective.Rank;

    /// <summary>Number of processes, at least 1.</summary>
    public int Count => Collective.Size;

    /// <summary>The number of this process among those on its machine, from 0: it tells which GPU to take.</summary>
    public int LocalRank => Collective.LocalRank;

    internal ICollective Collective { get; }

    /// <summary>
    /// Connects this process with the others that the launcher started. MPI begins here and ends with <see cref="Dispose"/>, and can do so
    /// once in a process. If the program has begun MPI itself, it stays the program's.
    /// </summary>
    /// <exception cref="DllNotFoundException">Open MPI is not installed; the message says what to install.</exception>
    /// <exception cref="NotSupportedException">The MPI library is another, or this is not Linux.</exception>
    /// <exception cref="InvalidOperationException">MPI has ended in this process, or its thread level is too low.</exception>
    public static TrainingProcesses OverMpi() => new(new MpiCollective(OpenMpi.Open()));

    /// <summary>
    /// Does work in this process, and waits until the others have done theirs. If it fails in one process, this throws in all: there what
    /// the work threw, in the others <see cref="OtherProcessException"/>, and what their work returned is disposed if it can be.
    /// </summary>
    /// <param name="work">What to do, such as reading a file before a fit.</param>
    /// <exception cref="OtherProcessException">The work of another process failed.</exception>
    public T Together<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return Collective.Together(work);
    }

    /// <summary>Whether something holds in at least one process. Every process asks, at the same place of the program.</summary>
    /// <param name="here">Whether it holds in this process.</param>
    public bool Any(bool here)
    {
        double[] count = [here ? 1 : 0];
        Collective.Sum(count);
        return count[0] > 0;
    }

    /// <summary>Waits for the other processes, and ends MPI if this object began it.</summary>
    public void Dispose() => Collective.Dispose();
}
