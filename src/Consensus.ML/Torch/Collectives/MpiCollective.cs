using System.Diagnostics.CodeAnalysis;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Collectives;

/// <summary>Several processes that Open MPI connects. Tensors on GPUs are summed by NCCL where all processes have it.</summary>
internal sealed unsafe class MpiCollective : ICollective
{
    private readonly OpenMpi _mpi;
    private readonly bool _owned;
    private readonly nint _all, _machine;
    private NcclSum? _gpus;
    private bool _disposed;

    /// <summary>Begins MPI, unless the program has begun it; what is begun here ends with <see cref="Dispose"/>.</summary>
    /// <param name="mpi">The library.</param>
    public MpiCollective(OpenMpi mpi)
    {
        _mpi = mpi;
        _owned = mpi.Begin();
        _all = mpi.Duplicate(mpi.World);
        _machine = mpi.OnMachine(_all);
        (Rank, Size, LocalRank, LocalSize) = (mpi.Rank(_all), mpi.Size(_all), mpi.Rank(_machine), mpi.Size(_machine));
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public int LocalRank { get; }

    /// <inheritdoc/>
    public int LocalSize { get; }

    /// <inheritdoc/>
    public void Sum(Span<double> values) => Sum(values, _all);

    /// <inheritdoc/>
    public void SumOnMachine(Span<double> values) => Sum(values, _machine);

    /// <inheritdoc/>
    public string? Prepare(Device device)
    {
        if (device.type != DeviceType.CUDA || _gpus is not null)
        {
            return null;
        }

        (_gpus, string line) = NcclSum.TryBegin(this, device, Nccl.TryOpen());
        return line;
    }

    /// <inheritdoc/>
    public void Sum(Tensor values)
    {
        if (values.device_type == DeviceType.CUDA && _gpus is not null)
        {
            _gpus.Sum(values);
            return;
        }

        this.OnHost(values, part =>
        {
            fixed (byte* start = part)
            {
                _mpi.Sum(start, part.Length / sizeof(float), _mpi.Float, _all);
            }
        });
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> bytes, int from)
    {
        fixed (byte* start = bytes)
        {
            _mpi.Broadcast(start, bytes.Length, from, _all);
        }
    }

    /// <inheritdoc/>
    [DoesNotReturn]
    public void Abort(string line)
    {
        Console.Error.WriteLine(line);
        Console.Error.Flush();
        _mpi.Abort(_all, 1);
        throw new InvalidOperationException(line);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        // Without the barrier, a process could end while another still writes the model, and mpirun would take that for the end of all.
        _disposed = true;
        _mpi.Barrier(_all);
        _gpus?.Dispose();
        _mpi.Free(_machine);
        _mpi.Free(_all);
        if (_owned)
        {
            _mpi.End();
        }
    }

    private void Sum(Span<double> values, nint communicator)
    {
        fixed (double* start = values)
        {
            _mpi.Sum(start, values.Length, _mpi.Double, communicator);
        }
    }
}
