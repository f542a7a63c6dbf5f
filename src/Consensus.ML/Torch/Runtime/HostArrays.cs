using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Arrays as tensors of a device.</summary>
internal static class HostArrays
{
    /// <summary>A tensor of a shape on a device, with the array's values.</summary>
    public static Tensor ToTensor(this float[] values, Device device, params long[] shape) =>
        Move(tensor(values, device: CPU).view(shape), device);

    /// <summary>A tensor of one dimension (int64) on a device, with the array's values.</summary>
    public static Tensor ToTensor(this long[] values, Device device) => Move(tensor(values, device: CPU), device);

    /// <summary>
    /// To a GPU, from page-locked memory and without waiting: what follows on the GPU comes after the copy anyhow. On the CPU the
    /// tensor stays where it is.
    /// </summary>
    private static Tensor Move(Tensor host, Device device)
    {
        if (device.type != DeviceType.CUDA)
        {
            return host.to(device);
        }

        // Torch keeps page-locked memory from being used again before a copy from it is done.
        using Tensor pinned = host.pin_memory();
        return pinned.to(device, non_blocking: true);
    }
}
