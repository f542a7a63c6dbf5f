using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consensus.ML.Torch.Kernels;

/// <summary>An activation as the kernels compute it, on as many numbers as the processor takes at once.</summary>
internal interface IElementwise
{
    /// <summary>f(z).</summary>
    static abstract Vector512<float> Value(Vector512<float> z);

    /// <summary>f′(z).</summary>
    static abstract Vector512<float> Slope(Vector512<float> z);
}

/// <summary><see cref="Activation.None"/>.</summary>
internal readonly struct Identity : IElementwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> z) => z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Slope(Vector512<float> z) => Vector512<float>.One;
}

/// <summary><see cref="Activation.Silu"/>.</summary>
internal readonly struct Silu : IElementwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> z) => z / (Vector512<float>.One + Exponential.Of(-z));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Slope(Vector512<float> z)
    {
        Vector512<float> share = Vector512<float>.One / (Vector512<float>.One + Exponential.Of(-z));
        return share * (Vector512<float>.One + (z * (Vector512<float>.One - share)));
    }
}

/// <summary><see cref="Activation.Relu"/>.</summary>
internal readonly struct Relu : IElementwise
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> z) => Vector512.Max(z, Vector512<float>.Zero);

    // A value that is not a number passes, as in torch.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Slope(Vector512<float> z) =>
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(z, Vector512<float>.Zero), Vector512<float>.Zero, Vector512<float>.One);
}
