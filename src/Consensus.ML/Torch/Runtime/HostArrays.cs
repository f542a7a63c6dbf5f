using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Every copy between the host and a device. A copy from a GPU makes the host wait for all work that the GPU has been given, so these
/// copies are few, and <see cref="TransferCount"/> counts them. A test finds code that copies by itself.
/// </summary>
internal static class HostArrays
{
    /// <summary>A tensor of a shape on a device, with the array's values.</summary>
    public static Tensor ToTensor(this float[] values, Device device, params long[] shape) =>
        tensor(values, device: CPU).view(shape).Send(device);

    /// <summary>A tensor of one dimension (int64) on a device, with the array's values.</summary>
    public static Tensor ToTensor(this long[] values, Device device) => tensor(values, device: CPU).Send(device);

    /// <summary>A tensor of one dimension in the host's memory, where it stays.</summary>
    public static Tensor ToHostTensor<T>(this T[] values)
        where T : unmanaged =>
        values switch
        {
            float[] singles => tensor(singles, device: CPU),
            double[] doubles => tensor(doubles, device: CPU),
            int[] integers => tensor(integers, device: CPU),
            long[] longs => tensor(longs, device: CPU),
            _ => throw new NotSupportedException($"Arrays of {typeof(T)} do not become tensors."),
        };

    /// <summary>
    /// A tensor's values in the host's memory. Waits for them if the tensor is on another device; else it is the tensor itself.
    /// </summary>
    public static Tensor ToHost(this Tensor values)
    {
        TransferCount.ReadBack();
        return values.cpu();
    }

    /// <summary>A copy of a tensor's values in the host's memory, also of a tensor that is there.</summary>
    public static Tensor CopyToHost(this Tensor values)
    {
        TransferCount.ReadBack();
        return values.to(CPU, copy: true);
    }

    /// <summary>
    /// Queues a copy from a GPU to page-locked memory of the host, and does not wait for it (see <see cref="PendingNumbers"/>).
    /// </summary>
    /// <param name="values">The values.</param>
    /// <param name="host">What the memory holds until then; of the same shape and type.</param>
    /// <returns>The memory.</returns>
    public static Tensor BeginCopyTo(this Tensor values, Tensor host)
    {
        TransferCount.ReadBack();
        return host.pin_memory().copy_(values, true);
    }

    /// <summary>The only value of a tensor; waits for it.</summary>
    public static T Read<T>(this Tensor value)
        where T : unmanaged
    {
        TransferCount.ReadBack();
        return value.item<T>();
    }

    /// <summary>The values of a float32 tensor that is in the host's memory.</summary>
    /// <exception cref="InvalidOperationException">It is on another device.</exception>
    public static float[] ToArray(this Tensor values)
    {
        var array = new float[values.numel()];
        using Tensor contiguous = values.contiguous();
        MemoryMarshal.Cast<byte, float>(contiguous.BytesOnHost()).CopyTo(array);
        return array;
    }

    /// <summary>The memory of a contiguous tensor that is in the host's memory.</summary>
    /// <exception cref="InvalidOperationException">It is on another device.</exception>
    public static Span<byte> BytesOnHost(this Tensor values) => values.device_type == DeviceType.CPU
        ? values.bytes
        : throw new InvalidOperationException($"A tensor on the device {values.device} has no memory of the host's; copy it first.");

    /// <summary>
    /// Copies a tensor of the host's memory to a GPU, from page-locked memory, and does not wait: later work on the GPU runs after the copy
    /// anyway. For the CPU, the tensor stays where it is.
    /// </summary>
    public static Tensor Send(this Tensor host, Device device)
    {
        TransferCount.Upload();
        if (device.type != DeviceType.CUDA)
        {
            return host.to(device);
        }

        // Torch does not reuse page-locked memory before a copy from it has ended.
        using Tensor pinned = host.pin_memory();
        return pinned.to(device, non_blocking: true);
    }
}
