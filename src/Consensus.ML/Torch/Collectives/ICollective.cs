using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Collectives;

/// <summary>
/// What the processes of one training do together. Every process makes the same calls in the same order; a call returns when all have made
/// it. After a sum or a broadcast every process holds the same bits.
/// </summary>
internal interface ICollective : IDisposable
{
    /// <summary>The number of this process, from 0.</summary>
    int Rank { get; }

    /// <summary>Number of processes, at least 1.</summary>
    int Size { get; }

    /// <summary>The number of this process among those on its machine, from 0.</summary>
    int LocalRank { get; }

    /// <summary>Number of processes on this machine.</summary>
    int LocalSize { get; }

    /// <summary>Replaces each value by its sum over all processes.</summary>
    void Sum(Span<double> values);

    /// <summary>Replaces each value by its sum over the processes of this machine.</summary>
    void SumOnMachine(Span<double> values);

    /// <summary>Prepares for sums of tensors on a device; called once by every process, before the first of them.</summary>
    /// <returns>How they are made, for the log; null where there is nothing to say.</returns>
    string? Prepare(Device device);

    /// <summary>Replaces each value of a contiguous float32 tensor by its sum over all processes.</summary>
    void Sum(Tensor values);

    /// <summary>Replaces the bytes by those of one process.</summary>
    /// <param name="bytes">As many in every process.</param>
    /// <param name="from">The number of that process.</param>
    void Broadcast(Span<byte> bytes, int from);

    /// <summary>Ends all processes at once, because this one cannot go on with the others.</summary>
    /// <param name="line">Why, for the error stream.</param>
    [DoesNotReturn]
    void Abort(string line);
}
