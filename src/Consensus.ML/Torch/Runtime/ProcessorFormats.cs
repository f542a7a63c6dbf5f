using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Consensus.ML.Options;
using TorchSharp;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Which number formats a device computes quickly.</summary>
internal static class ProcessorFormats
{
    /// <summary>Why bfloat16 is not used where it is asked for, for the log.</summary>
    public const string WhyNotBFloat16 =
        "This processor has no AVX-512, without which torch is many times slower in bfloat16 than in float32: float32 is used.";

    // Without it, torch's convolutions in bfloat16 are plain loops: a training step that takes 0.5 s in float32 took 10 s.
    private static readonly bool _isSlow = RuntimeInformation.ProcessArchitecture == Architecture.X64
        && !(Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported);

    /// <summary>
    /// The format to compute in where one is asked for: another one than that only where it is as exact and many times as fast.
    /// </summary>
    public static Precision Effective(Precision asked, torch.Device device) => Effective(asked, device.type, _isSlow);

    /// <summary>The same for a processor of which it is known whether bfloat16 is slow.</summary>
    public static Precision Effective(Precision asked, DeviceType device, bool bfloat16IsSlow) =>
        asked == Precision.BFloat16 && device == DeviceType.CPU && bfloat16IsSlow ? Precision.Float32 : asked;
}
