using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// A few float32 numbers on their way from a device to the host. The copy is queued on the device behind the work that makes the numbers.
/// The host may queue further work before it takes them, and then waits for the numbers alone, not for that work.
/// </summary>
/// <remarks>
/// TorchSharp has no events of CUDA that tell when a copy has ended. So the host's memory is filled with a mark that no arithmetic makes,
/// and the copy has ended when the mark is gone.
/// </remarks>
internal sealed class PendingNumbers : IDisposable
{
    // A quiet NaN with bits of its own. Arithmetic on a GPU makes 0x7FFFFFFF, and on a CPU 0x7FC00000 or 0xFFC00000.
    private const int Mark = 0x7FE5C0DE;

    // After this time, torch waits for all work instead. It also throws what went wrong on the GPU.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Tensor _host;
    private readonly Device _device;

    private PendingNumbers(Tensor host, Device device) => (_host, _device) = (host, device);

    /// <summary>Queues the copy.</summary>
    /// <param name="numbers">float32, one dimension; may be freed at once.</param>
    public static PendingNumbers Begin(Tensor numbers)
    {
        if (numbers.device_type != DeviceType.CUDA)
        {
            return new(numbers.CopyToHost().DetachFromDisposeScope(), numbers.device);
        }

        int[] marks = new int[numbers.numel()];
        Array.Fill(marks, Mark);
        using Tensor host = MemoryMarshal.Cast<int, float>(marks).ToArray().ToHostTensor();
        return new(numbers.BeginCopyTo(host).DetachFromDisposeScope(), numbers.device);
    }

    /// <summary>Waits for the numbers.</summary>
    /// <exception cref="ExternalException">The device failed.</exception>
    public float[] Take()
    {
        if (_device.type == DeviceType.CUDA && !SpinWait.SpinUntil(() => IsComplete(_host.BytesOnHost()), Patience))
        {
            cuda.synchronize(_device);
        }

        return _host.ToArray();
    }

    /// <summary>Whether no number is the mark any more.</summary>
    internal static bool IsComplete(ReadOnlySpan<byte> numbers)
    {
        foreach (ref readonly int number in MemoryMarshal.Cast<byte, int>(numbers))
        {
            if (Volatile.Read(in number) == Mark)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _host.Dispose();
}
