using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Arithmetic of tensors with numbers that is safe with several threads. It replaces TorchSharp's operators. These make a
/// <see cref="Scalar"/> of each number (and of the factor 1 in <c>tensor + tensor</c>) and do not keep it alive until libtorch has read it.
/// If another thread starts a garbage collection at that moment, the scalar is freed and libtorch reads garbage. Here each number is held
/// until libtorch is done, and then freed at once. As in TorchSharp, numbers take the tensor's type.
/// </summary>
/// <remarks>Between tensors, <c>*</c>, <c>/</c> and <c>-</c> need no number and are safe as they are. A test finds unsafe calls.</remarks>
internal static class TensorArithmetic
{
    // Every sum needs a factor of its second operand. Never disposed.
    private static readonly Scalar One = 1;

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    /// <summary>left + number.</summary>
    public static Tensor Plus(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.add(held, One);
    }

    /// <summary>left − number.</summary>
    public static Tensor Minus(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.sub(held);
    }

    /// <summary>left − number, for whole numbers.</summary>
    public static Tensor Minus(this Tensor left, long number)
    {
        using Scalar held = number;
        return left.sub(held);
    }

    /// <summary>number − right.</summary>
    public static Tensor SubtractedFrom(this Tensor right, double number)
    {
        using Tensor negative = -right;
        return negative.Plus(number);
    }

    /// <summary>left · number.</summary>
    public static Tensor Times(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.mul(held);
    }

    /// <summary>left / number.</summary>
    public static Tensor Over(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.div(held);
    }

    /// <summary>base^exponent.</summary>
    public static Tensor Power(this Tensor @base, double exponent)
    {
        using Scalar held = exponent;
        return @base.pow(held);
    }

    /// <summary>Adds to a tensor in place; returns it.</summary>
    public static Tensor PlusInPlace(this Tensor left, Tensor right) => left.add_(right, One);

    /// <summary>Adds to a tensor in place; returns it.</summary>
    public static Tensor PlusInPlace(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.add_(held, One);
    }

    /// <summary>Multiplies a tensor in place; returns it.</summary>
    public static Tensor TimesInPlace(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.mul_(held);
    }

    /// <summary>Divides a tensor in place; returns it.</summary>
    public static Tensor OverInPlace(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.div_(held);
    }

    /// <summary>left + factor · a · b in place; returns left.</summary>
    public static Tensor PlusProductInPlace(this Tensor left, Tensor a, Tensor b, double factor)
    {
        using Scalar held = factor;
        return left.addcmul_(a, b, held);
    }

    /// <summary>left + factor · a / b in place; returns left.</summary>
    public static Tensor PlusQuotientInPlace(this Tensor left, Tensor a, Tensor b, double factor)
    {
        using Scalar held = factor;
        return left.addcdiv_(a, b, held);
    }

    /// <summary>left + weight · (end − left) in place; returns left.</summary>
    public static Tensor LerpInPlace(this Tensor left, Tensor end, double weight)
    {
        using Tensor weights = Weight(left, weight);
        return left.lerp_(end, weights);
    }

    /// <summary>left + weight · (end − left).</summary>
    public static Tensor Lerp(this Tensor left, Tensor end, double weight)
    {
        using Tensor weights = Weight(left, weight);
        return left.lerp(end, weights);
    }

    /// <summary>Limits every value to [minimum, maximum]; null for no limit.</summary>
    public static Tensor Clamped(this Tensor tensor, double? minimum, double? maximum)
    {
        using Scalar? low = minimum, high = maximum;
        return tensor.clamp(low, high);
    }

    /// <summary>Limits every value to [minimum, maximum] in place; returns the tensor.</summary>
    public static Tensor ClampInPlace(this Tensor tensor, double minimum, double maximum)
    {
        using Scalar low = minimum, high = maximum;
        return tensor.clamp_(low, high);
    }

    /// <summary>Sets every value; returns the tensor.</summary>
    public static Tensor FillInPlace(this Tensor tensor, double value)
    {
        using Scalar held = value;
        return tensor.fill_(held);
    }

    /// <summary>Sets the values for which a mask, which may have fewer dimensions, is true; returns the tensor.</summary>
    public static Tensor FillWhereInPlace(this Tensor tensor, Tensor mask, double value)
    {
        using Scalar held = value;
        return tensor.masked_fill_(mask, held);
    }

    /// <summary>Leaky ReLU in place; returns an alias of the tensor.</summary>
    public static Tensor LeakyReluInPlace(this Tensor tensor, double slope)
    {
        using Scalar held = slope;
        return tensor.leaky_relu_(held).alias();
    }

    /// <summary>Where values equal a whole number.</summary>
    public static Tensor EqualTo(this Tensor tensor, long number)
    {
        using Scalar held = number;
        return tensor.eq(held);
    }

    /// <summary>Where values are above a number.</summary>
    public static Tensor Above(this Tensor tensor, double number)
    {
        using Scalar held = number;
        return tensor.gt(held);
    }

    /// <summary>Where values are at least a number.</summary>
    public static Tensor AtLeast(this Tensor tensor, double number)
    {
        using Scalar held = number;
        return tensor.ge(held);
    }

    /// <summary>Where values are below a number.</summary>
    public static Tensor Below(this Tensor tensor, double number)
    {
        using Scalar held = number;
        return tensor.lt(held);
    }

    /// <summary>Whole numbers from <paramref name="first"/> to <paramref name="end"/>, without the end.</summary>
    public static Tensor Range(long first, long end, ScalarType type, Device device)
    {
        using Scalar start = first, stop = end, step = 1L;
        return arange(start, stop, step, type, device);
    }

    /// <summary>The same whole number (int64) <paramref name="count"/> times.</summary>
    public static Tensor Repeated(long count, long value, Device device)
    {
        using Scalar held = value;
        return full([count], held, ScalarType.Int64, device);
    }

    /// <summary>
    /// A number as a tensor on the device of <paramref name="left"/>: TorchSharp interpolates with a tensor only, and would make it on the
    /// CPU.
    /// </summary>
    private static Tensor Weight(Tensor left, double weight)
    {
        using Scalar held = weight;
        return full([], held, left.dtype, left.device);
    }
}
