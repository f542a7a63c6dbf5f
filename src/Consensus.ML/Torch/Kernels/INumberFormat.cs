using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consensus.ML.Torch.Kernels;

/// <summary>How a kernel reads and writes the numbers of a feature map. It computes in float32.</summary>
/// <typeparam name="T">What holds a number in memory.</typeparam>
internal unsafe interface INumberFormat<T>
    where T : unmanaged
{
    /// <summary>Reads <see cref="NumberFormat.Block"/> numbers.</summary>
    static abstract void Read(T* from, out Vector512<float> first, out Vector512<float> second);

    /// <summary>Writes as many, rounded to the nearest.</summary>
    static abstract void Write(T* to, Vector512<float> first, Vector512<float> second);
}

/// <summary>What the formats have in common.</summary>
internal static class NumberFormat
{
    /// <summary>How many numbers are read and written at once: two vectors.</summary>
    public static int Block => 2 * Vector512<float>.Count;
}

/// <summary>float32.</summary>
internal readonly unsafe struct Float32Format : INumberFormat<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(float* from, out Vector512<float> first, out Vector512<float> second) =>
        (first, second) = (Vector512.Load(from), Vector512.Load(from + Vector512<float>.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(float* to, Vector512<float> first, Vector512<float> second)
    {
        first.Store(to);
        second.Store(to + Vector512<float>.Count);
    }
}

/// <summary>bfloat16: the upper half of a float32.</summary>
internal readonly unsafe struct BFloat16Format : INumberFormat<ushort>
{
    private const int Half = 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ushort* from, out Vector512<float> first, out Vector512<float> second)
    {
        (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(Vector512.Load(from));
        (first, second) = ((low << Half).AsSingle(), (high << Half).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ushort* to, Vector512<float> first, Vector512<float> second) =>
        Vector512.Narrow(Rounded(first), Rounded(second)).Store(to);

    /// <summary>The upper halves, rounded to the nearest; of two that are as near, the even one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rounded(Vector512<float> values)
    {
        Vector512<uint> bits = values.AsUInt32(), odd = (bits >>> Half) & Vector512<uint>.One;
        Vector512<uint> rounded = (bits + Vector512.Create(0x7FFFu) + odd) >>> Half;

        // Rounding could carry a NaN over to a number.
        return Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, Vector512.Create(0x7FC0u));
    }
}
