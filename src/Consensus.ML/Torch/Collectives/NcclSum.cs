using System.Globalization;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Collectives;

/// <summary>Sums tensors of the GPUs of several processes, from GPU to GPU. It has not been run: no GPU was at hand.</summary>
internal sealed class NcclSum : IDisposable
{
    private const string NotRun = "this path has not been tested on GPUs";

    private readonly INccl _nccl;
    private readonly nint _group;
    private readonly nint _context;

    private NcclSum(INccl nccl, nint group, nint context) => (_nccl, _group, _context) = (nccl, group, context);

    /// <summary>
    /// Begins a group of the GPUs of all processes. Without it (null), sums of tensors go through the memory of the machines.
    /// </summary>
    /// <param name="processes">The processes.</param>
    /// <param name="device">The GPU of this process.</param>
    /// <param name="nccl">The libraries; null where this process finds none.</param>
    /// <returns>The group, and a line for the log.</returns>
    public static (NcclSum? Sum, string Line) TryBegin(ICollective processes, Device device, INccl? nccl)
    {
        // NCCL waits for all processes. So none may begin before it is known that all can, and all have chosen their GPUs.
        nint context = 0, before = 0;
        string? failure = null;
        try
        {
            if (nccl is not null)
            {
                context = nccl.Context(Math.Max(0, device.index));
                before = nccl.Enter(context);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or EntryPointNotFoundException)
        {
            failure = exception.Message;
        }

        var missing = new double[] { nccl is null || failure is not null ? 1 : 0 };
        processes.Sum(missing);
        if (nccl is null || missing[0] > 0)
        {
            if (failure is null)
            {
                nccl?.Enter(before);
            }

            return (null, string.Create(
                CultureInfo.InvariantCulture,
                $"Gradients of the GPUs are summed by MPI, through the memory of the machines ({NotRun}): {missing[0]} of {processes.Size} "
                + $"processes find no libnccl.so.2, or cannot choose their GPU{(failure is null ? "" : $" ({failure})")}."));
        }

        NcclSum? joined = null;
        var id = new byte[Nccl.IdBytes];
        try
        {
            if (processes.Rank == 0)
            {
                nccl.CreateId(id);
            }
        }
        catch (InvalidOperationException exception)
        {
            failure = exception.Message;
        }

        processes.Broadcast(id, from: 0);
        try
        {
            try
            {
                if (id.AsSpan().ContainsAnyExcept((byte)0))
                {
                    joined = new(nccl, nccl.Join(id, processes.Size, processes.Rank), context);
                }
            }
            finally
            {
                nccl.Enter(before);
            }
        }
        catch (InvalidOperationException exception)
        {
            failure = exception.Message;
        }

        var failed = new double[] { joined is null ? 1 : 0 };
        processes.Sum(failed);
        if (failed[0] == 0)
        {
            return (joined, $"Gradients of the GPUs are summed by NCCL ({NotRun}).");
        }

        joined?.Dispose();
        return (null, string.Create(
            CultureInfo.InvariantCulture,
            $"Gradients of the GPUs are summed by MPI, through the memory of the machines ({NotRun}): NCCL fails in {failed[0]} of "
            + $"{processes.Size} processes{(failure is null ? "" : $" ({failure})")}."));
    }

    /// <summary>Replaces the values by their sums over all processes.</summary>
    public void Sum(Tensor values)
    {
        nint before = _nccl.Enter(_context);
        _nccl.Sum(TensorExchange.Address(values), values.NumberOfElements, _group);
        _nccl.Enter(before);
        GC.KeepAlive(values);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        nint before = _nccl.Enter(_context);
        _nccl.Leave(_group);
        _nccl.Enter(before);
    }
}
