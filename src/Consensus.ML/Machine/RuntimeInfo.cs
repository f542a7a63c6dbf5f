using System.Globalization;
using System.Runtime.InteropServices;
using Consensus.ML.MLNet;
using Consensus.ML.Torch.Runtime;
using Microsoft.ML;
using TorchSharp;

namespace Consensus.ML.Machine;

/// <summary>What this process computes with: versions, backend, device, and the reason if it is not a GPU.</summary>
public sealed record RuntimeInfo
{
    /// <summary>Version of Consensus.ML.</summary>
    public required string Library { get; init; }

    /// <summary>Version of ML.NET.</summary>
    public required string MLNet { get; init; }

    /// <summary>Version of TorchSharp.</summary>
    public required string TorchSharp { get; init; }

    /// <summary>Version of libtorch that this TorchSharp is built for.</summary>
    public required string LibTorch { get; init; }

    /// <summary>
    /// The folder of a libtorch that is used in place of the one beside the application (<see cref="TorchRuntime.Use"/>); null for the
    /// latter.
    /// </summary>
    public required string? LibTorchFolder { get; init; }

    /// <summary>The version of that libtorch; null if the one beside the application is used, or no file in the folder says it.</summary>
    public required string? LibTorchFolderVersion { get; init; }

    /// <summary>The .NET runtime.</summary>
    public required string DotNet { get; init; }

    /// <summary>The operating system and its processor architecture.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>Which libtorch the application carries: "cpu" or "cuda".</summary>
    public required string Backend { get; init; }

    /// <summary>The device that training and prediction use by default: "cpu" or "cuda:N".</summary>
    public required string Device { get; init; }

    /// <summary>Why <see cref="Device"/> is not a GPU; null when it is one.</summary>
    public required string? WhyNoGpu { get; init; }

    /// <summary>CPU threads that torch computes with.</summary>
    public required int Threads { get; init; }

    /// <summary>
    /// TorchSharp's native library, if this process uses an adapted copy of it in memory (for a system with an older C++ library). Null if
    /// the library itself was loaded.
    /// </summary>
    public required string? AdaptedNativeLibrary { get; init; }

    /// <summary>The newest CUDA that the machine's driver knows, such as "13.0"; null if there is no driver.</summary>
    public string? CudaDriverVersion { get; init; }

    /// <summary>The CUDA that libtorch computes with, such as "13.0"; null for a libtorch without CUDA.</summary>
    public string? CudaRuntimeVersion { get; init; }

    /// <summary>The GPUs of the machine, also where libtorch cannot use them; empty where there is no CUDA driver.</summary>
    public IReadOnlyList<GpuInfo> Gpus { get; init; } = [];

    /// <summary>Loads libtorch and collects this information.</summary>
    /// <param name="device">"cpu", "cuda" or "cuda:N"; null for the GPU if there is one, else the CPU.</param>
    /// <exception cref="ArgumentException"><paramref name="device"/> is none of the three forms.</exception>
    /// <exception cref="InvalidOperationException">The requested device is not usable; the message says why.</exception>
    /// <exception cref="DllNotFoundException">There is no libtorch for this platform; the message says what to reference.</exception>
    public static RuntimeInfo Collect(string? device = null)
    {
        return Collect(TorchDevice.Choose(device, gpuDeviceId: device is null ? 0 : null, fallbackToCpu: true));
    }

    /// <summary>Loads libtorch and collects the facts for pipelines of a context.</summary>
    /// <param name="ml">The context: its GpuDeviceId and FallbackToCpu choose the device.</param>
    /// <param name="device">The option Device of an estimator: "cpu", "cuda" or "cuda:N"; null for the context's choice.</param>
    /// <exception cref="ArgumentException"><paramref name="device"/> is none of the three forms.</exception>
    /// <exception cref="InvalidOperationException">The device asked for is not usable; the message says why.</exception>
    /// <exception cref="DllNotFoundException">There is no libtorch for this platform; the message says what to reference.</exception>
    public static RuntimeInfo Collect(MLContext ml, string? device = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        return Collect(TorchDevice.Choose(device, ml.GpuDeviceId, ml.FallbackToCpu));
    }

    private static RuntimeInfo Collect(TorchDevice chosen)
    {
        bool gpu = chosen.Device.type == DeviceType.CUDA;
        var driver = CudaDriver.TryOpen();
        return new()
        {
            Library = AssemblyVersion.Read(typeof(RuntimeInfo).Assembly),
            MLNet = AssemblyVersion.Read(typeof(MLContext).Assembly),
            TorchSharp = AssemblyVersion.Read(typeof(torch).Assembly),
            LibTorch = torch.__version__,
            LibTorchFolder = ChosenLibtorch.Folder?.Path,
            LibTorchFolderVersion = ChosenLibtorch.Folder?.Version,
            DotNet = RuntimeInformation.FrameworkDescription,
            OperatingSystem = $"{RuntimeInformation.OSDescription} ({RuntimeInformation.OSArchitecture})",
            Backend = NativeTorch.HasCudaLibraries ? "cuda" : "cpu",
            Device = gpu ? string.Create(CultureInfo.InvariantCulture, $"cuda:{chosen.Device.index}") : "cpu",
            WhyNoGpu = gpu ? null : TorchDevice.WhyNotUsable(0) ?? chosen.Reason,
            Threads = torch.get_num_threads(),
            AdaptedNativeLibrary = NativeTorch.Adapted,
            CudaDriverVersion = driver?.Version,
            CudaRuntimeVersion = NativeTorch.HasCudaLibraries ? CudaDriver.RuntimeVersion() : null,
            Gpus = GpuInfo.List(driver, gpu ? chosen.Device.index : null),
        };
    }
}
