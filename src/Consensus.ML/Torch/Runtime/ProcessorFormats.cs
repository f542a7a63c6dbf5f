using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Consensus.ML.Options;
using TorchSharp;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Which number formats a device computes quickly.</summary>
internal static class ProcessorFormats
{
    /// <summary>Why bfloat16 is not used although it was requested; for the log.</summary>
    public const string WhyNotBFloat16 =
        "This processor has no AVX-512, without which torch is many times slower in bfloat16 than in float32: float32 is used.";

    // Without AVX-512, torch's convolutions in bfloat16 are plain loops: a training step that took 0.5 s in float32 took 10 s.
    private static readonly bool _isSlow = RuntimeInformation.ProcessArchitecture == Architecture.X64
        && !(Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported);

    /// <summary>
    /// The format to compute in for a requested format. It differs from the requested format only if it is as exact and many times as fast.
    /// </summary>
    public static Precision Effective(Precision asked, torch.Device device) => Effective(asked, device.type, _isSlow);

    /// <summary>The same, given whether bfloat16 is slow on the processor.</summary>
    public static Precision Effective(Precision asked, DeviceType device, bool bfloat16IsSlow) =>
        asked == Precision.BFloat16 && device == DeviceType.CPU && bfloat16IsSlow ? Precision.Float32 : asked;
}
