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
        "This processor has no arithmetic for bfloat16 (AVX512_BF16), so torch takes longer in it than in float32: float32 is used.";

    /// <summary>Whether torch takes longer in bfloat16 than in float32 on this processor.</summary>
    public static bool BFloat16IsSlow { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 && !HasBFloat16();

    /// <summary>
    /// The format to compute in for a requested format. It differs from the requested format only if it is as exact and faster.
    /// </summary>
    public static Precision Effective(Precision asked, torch.Device device) => Effective(asked, device.type, BFloat16IsSlow);

    /// <summary>The same, given whether bfloat16 is slow on the processor.</summary>
    public static Precision Effective(Precision asked, DeviceType device, bool bfloat16IsSlow) =>
        asked == Precision.BFloat16 && device == DeviceType.CPU && bfloat16IsSlow ? Precision.Float32 : asked;

    // With AVX-512 alone, torch's convolutions turn bfloat16 into float32 and back: a training step took 1.9 times as long as in float32.
    // Without AVX-512 they are plain loops, and it took twenty times as long. Processors with AMX have AVX512_BF16 too.
    private static bool HasBFloat16()
    {
        const int Features = 7, HighestSubleaf = 0, MoreFeatures = 1, Avx512BFloat16 = 1 << 5;
        return Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported
            && X86Base.CpuId(0, 0).Eax >= Features
            && X86Base.CpuId(Features, HighestSubleaf).Eax >= MoreFeatures
            && (X86Base.CpuId(Features, MoreFeatures).Eax & Avx512BFloat16) != 0;
    }
}
