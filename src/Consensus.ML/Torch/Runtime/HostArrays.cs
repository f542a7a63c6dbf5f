using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Copies arrays to tensors on a device.</summary>
internal static class HostArrays
{
    /// <summary>A tensor of a shape on a device, with the array's values.</summary>
    public static Tensor ToTensor(this float[] values, Device device, params long[] shape) =>
        Move(tensor(values, device: CPU).view(shape), device);

    /// <summary>A tensor of one dimension (int64) on a device, with the array's values.</summary>
    public static Tensor ToTensor(this long[] values, Device device) => Move(tensor(values, device: CPU), device);

    /// <summary>
    /// Copies to a GPU from page-locked memory and does not wait: later work on the GPU runs after the copy anyway. For the CPU, the tensor
    /// stays where it is.
    /// </summary>
    private static Tensor Move(Tensor host, Device device)
    {
        if (device.type != DeviceType.CUDA)
        {
            return host.to(device);
        }

        // Torch does not reuse page-locked memory before a copy from it has ended.
        using Tensor pinned = host.pin_memory();
        return pinned.to(device, non_blocking: true);
    }
}
