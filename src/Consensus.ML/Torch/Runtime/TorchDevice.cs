using System.Globalization;
using TorchSharp;

namespace Consensus.ML.Torch.Runtime;

/// <summary>The device to compute on, and the reason for the choice.</summary>
/// <param name="Device">The torch device.</param>
/// <param name="Reason">Why this device was chosen, for the log and for <c>consensus info</c>.</param>
internal sealed record TorchDevice(torch.Device Device, string Reason)
{
    /// <summary>Chooses the device.</summary>
    /// <param name="requested">"cpu", "cuda" or "cuda:N" from the options; null to follow the <see cref="Microsoft.ML.MLContext"/>.</param>
    /// <param name="gpuDeviceId"><see cref="Microsoft.ML.MLContext.GpuDeviceId"/>.</param>
    /// <param name="fallbackToCpu"><see cref="Microsoft.ML.MLContext.FallbackToCpu"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="requested"/> is none of the three forms.</exception>
    /// <exception cref="InvalidOperationException">
    /// A GPU was requested but is not usable, and falling back to the CPU is not allowed.
    /// </exception>
    public static TorchDevice Choose(string? requested, int? gpuDeviceId, bool fallbackToCpu)
    {
        int? index = requested is null ? gpuDeviceId : ParseIndex(requested);
        NativeTorch.EnsureLoaded();
        if (index is null)
        {
            return new(torch.CPU, requested is null ? "no GPU was asked for (MLContext.GpuDeviceId is not set)" : "the CPU was asked for");
        }

        string? problem = WhyNotUsable(index.Value);
        if (problem is null)
        {
            torch.InitializeDeviceType(DeviceType.CUDA);
            return new(torch.device(DeviceType.CUDA, index.Value), string.Create(
                CultureInfo.InvariantCulture,
                $"GPU {index} was asked for"));
        }

        // A device in the options is a requirement. A device in the MLContext follows its FallbackToCpu.
        if (requested is not null || !fallbackToCpu)
        {
            string advice = requested is null
                ? "MLContext.FallbackToCpu is false, so the CPU was not used instead."
                : "Use 'cpu', or leave the device out.";
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"Device 'cuda:{index}' is not usable: {problem}. {advice}"));
        }

        return new(torch.CPU, string.Create(CultureInfo.InvariantCulture, $"GPU {index} was asked for but is not usable: {problem}"));
    }

    /// <summary>Why a GPU cannot be used; null when it can.</summary>
    public static string? WhyNotUsable(int index)
    {
        NativeTorch.EnsureLoaded();
        if (!NativeTorch.HasCudaLibraries)
        {
            return "this build carries the CPU backend of torch (build with -p:TorchBackend=cuda)";
        }

        if (!torch.cuda.is_available())
        {
            return "torch finds no CUDA driver or device";
        }

        int count = torch.cuda.device_count();
        return index < count ? null : $"the machine has {count} CUDA device(s), numbered from 0";
    }

    private static int? ParseIndex(string requested)
    {
        if (requested == "cpu")
        {
            return null;
        }

        if (requested == "cuda")
        {
            return 0;
        }

        return requested.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(requested.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? index
            : throw new ArgumentException(
                $"Device '{requested}' is unknown; it must be 'cpu', 'cuda' or 'cuda:N' with N the number of the GPU, from 0.");
    }
}
