using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Machine;

/// <summary>A GPU of this machine, as the CUDA driver describes it.</summary>
/// <param name="Index">Its number N in "cuda:N".</param>
/// <param name="Name">Its name.</param>
/// <param name="MemoryBytes">Its memory, in bytes.</param>
/// <param name="FreeBytes">
/// The memory that no process uses, in bytes; null for GPUs other than <see cref="RuntimeInfo.Device"/>, which are not touched.
/// </param>
/// <param name="ComputeCapability">Its compute capability, such as "9.0".</param>
/// <param name="Multiprocessors">Number of multiprocessors.</param>
/// <param name="Formats">
/// The number formats that it computes in hardware: "float32", "float32 (TF32)", "bfloat16", "float16" (CUDA C++ Programming Guide, table
/// of features by compute capability).
/// </param>
public sealed record GpuInfo(
    int Index,
    string Name,
    long MemoryBytes,
    long? FreeBytes,
    string ComputeCapability,
    int Multiprocessors,
    IReadOnlyList<string> Formats)
{
    private static readonly Version WithFloat16 = new(5, 3), WithBFloat16 = new(8, 0);

    /// <summary>The GPUs of this machine; empty where there is no CUDA driver, or it does not answer.</summary>
    /// <param name="driver">The driver; null for none.</param>
    /// <param name="chosen">The number of the GPU whose free memory is asked for; null for none.</param>
    internal static IReadOnlyList<GpuInfo> List(CudaDriver? driver, int? chosen)
    {
        try
        {
            return driver is null ? [] : [.. driver.Devices().Select(one => new GpuInfo(
                one.Index, one.Name, one.MemoryBytes, one.Index == chosen ? driver.Memory(one.Index).Free : null,
                one.Capability.ToString(2), one.Multiprocessors, FormatsOf(one.Capability)))];
        }
        catch (Exception exception) when (exception is InvalidOperationException or EntryPointNotFoundException)
        {
            // What is shown here is for people; training and prediction say by themselves what a broken driver keeps them from.
            return [];
        }
    }

    /// <summary>The formats of a compute capability.</summary>
    internal static IReadOnlyList<string> FormatsOf(Version capability)
    {
        List<string> formats = ["float32"];
        if (capability >= WithBFloat16)
        {
            formats.AddRange(["float32 (TF32)", "bfloat16"]);
        }

        if (capability >= WithFloat16)
        {
            formats.Add("float16");
        }

        return formats;
    }
}
