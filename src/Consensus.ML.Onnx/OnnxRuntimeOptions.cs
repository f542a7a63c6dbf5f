using System.Globalization;

namespace Consensus.ML.Onnx;

/// <summary>What computes an ONNX model.</summary>
public enum OnnxProvider
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>
    /// An NVIDIA GPU. The application references Microsoft.ML.OnnxRuntime.Gpu.Linux or Microsoft.ML.OnnxRuntime.Gpu.Windows, and CUDA and
    /// cuDNN are installed. Not tried: no GPU was at hand.
    /// </summary>
    Cuda,

    /// <summary>
    /// A GPU on Windows through DirectML. The application references Microsoft.ML.OnnxRuntime.DirectML. Not tried: no Windows was at hand.
    /// </summary>
    DirectML,
}

/// <summary>How ONNX Runtime runs a model.</summary>
public sealed record OnnxRuntimeOptions
{
    /// <summary>What computes. Default <see cref="OnnxProvider.Cpu"/>.</summary>
    public OnnxProvider Provider { get; init; }

    /// <summary>Which GPU, counted from 0. Default 0. The processor ignores it.</summary>
    public int DeviceId { get; init; }

    /// <summary>Threads of a prediction, at least 1; null (the default) for one for each core.</summary>
    public int? Threads { get; init; }

    /// <summary>The options for a device as the command line names it.</summary>
    /// <param name="device">cpu, cuda or cuda:N; null for the processor.</param>
    /// <exception cref="ArgumentException">It is none of these.</exception>
    public static OnnxRuntimeOptions ForDevice(string? device) => device?.Split(':') switch
    {
        null or ["cpu"] => new(),
        ["cuda"] => new() { Provider = OnnxProvider.Cuda },
        ["cuda", string id] when int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int number) =>
            new() { Provider = OnnxProvider.Cuda, DeviceId = number },
        _ => throw new ArgumentException($"The device is '{device}'; it must be cpu, cuda or cuda:N.", nameof(device)),
    };
}
