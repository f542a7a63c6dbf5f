using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Kernels;

/// <summary>
/// Feature maps with the channels of a pixel side by side in memory (NHWC). On x64 processors with AVX-512, torch's convolutions are faster
/// on them than on maps that lie plane by plane (tests/Consensus.ML.Benchmarks/RESULTS.md, "Channels last"). Shapes stay B×C×H×W.
/// </summary>
internal static class ChannelsLast
{
    // A span holds at most 2 GB.
    private const long MostNumbers = int.MaxValue / sizeof(float);

    // Only there it was measured, and the kernels are written for vectors of that length.
    private static readonly bool IsFaster =
        RuntimeInformation.ProcessArchitecture == Architecture.X64 && Vector512.IsHardwareAccelerated;

    /// <summary>
    /// Whether maps of this kind are kept with their channels last: float32 or bfloat16, at most 2 GB, in the memory of such a processor.
    /// </summary>
    public static bool Suits(Tensor maps) => IsFaster && maps.device_type == DeviceType.CPU
        && maps.dtype is ScalarType.Float32 or ScalarType.BFloat16 && maps.numel() <= MostNumbers;

    /// <summary>The same maps with their channels last, where that suits them. Copies only maps that lie otherwise.</summary>
    /// <param name="maps">B×C×H×W.</param>
    public static Tensor Of(Tensor maps)
    {
        if (!Suits(maps))
        {
            return maps;
        }

        long[] shape = maps.shape, steps = [shape[1] * shape[2] * shape[3], 1, shape[1] * shape[3], shape[1]];
        if (maps.stride().AsSpan().SequenceEqual(steps))
        {
            return maps;
        }

        // A single channel lies right in any case. Its steps say so, or the next convolution would take it for a plane.
        using var scope = NewDisposeScope();
        Tensor pixels = shape[1] == 1 ? maps.contiguous().view(shape[0], shape[2], shape[3], 1) : Pixels(maps).contiguous();
        return Maps(pixels).MoveToOuterDisposeScope();
    }

    /// <summary>Maps with their channels last as B×H×W×C, contiguous; owned by the surrounding dispose scope.</summary>
    public static Tensor Pixels(Tensor maps) => maps.permute(0, 2, 3, 1);

    /// <summary>Maps of the same shape and type with their channels last, of undefined values.</summary>
    public static Tensor EmptyLike(Tensor maps)
    {
        long[] shape = maps.shape;
        return Maps(empty([shape[0], shape[2], shape[3], shape[1]], maps.dtype, maps.device));
    }

    private static Tensor Maps(Tensor pixels) => pixels.permute(0, 3, 1, 2);
}
