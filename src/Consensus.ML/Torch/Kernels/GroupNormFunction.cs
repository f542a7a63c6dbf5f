using System.Runtime.InteropServices;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Kernels;

/// <summary>
/// Group normalisation (Wu and He 2018), the scale and shift of each channel, and an activation, on maps with their channels last. torch
/// has an operation for each part, which reads and writes all maps once more, and its gradient of group normalisation is slow where the
/// channels are last.
/// </summary>
internal sealed class GroupNormFunction : autograd.SingleTensorFunction<GroupNormFunction>
{
    private const string State = "state";

    // Numbers that are worth a second thread, as in torch.
    private const int LeastShared = 32_768;

    // The gradients that the last call on this thread returned. libtorch has taken them by the next call. Without this they would stay
    // until the end of the step, and every call would write to memory that is not in the cache.
    [ThreadStatic]
    private static Tensor[]? _returned;

    /// <inheritdoc/>
    public override string Name => nameof(GroupNormFunction);

    /// <summary>f(a · (x − μ) / √(σ² + ε) + b), with a gradient if <paramref name="isTraining"/>.</summary>
    /// <param name="input">x, B×C×H×W for which <see cref="ChannelsLast.Suits"/> holds.</param>
    /// <param name="scale">a, C or B×C float32.</param>
    /// <param name="shift">b, of the same shape.</param>
    /// <param name="groups">Number of groups of channels.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="activation">f.</param>
    /// <param name="isTraining">Whether gradients are wanted.</param>
    /// <returns>B×C×H×W with the channels last, owned by the surrounding dispose scope.</returns>
    public static Tensor Apply(
        Tensor input, Tensor scale, Tensor shift, int groups, double epsilon, Activation activation, bool isTraining)
    {
        using var scope = NewDisposeScope();
        Tensor maps = ChannelsLast.Of(input), factors = scale.contiguous(), terms = shift.contiguous();
        return (isTraining
                ? apply(maps, factors, terms, groups, epsilon, activation)
                : Operation.Of(maps, factors, terms, groups, epsilon, activation).Forward())
            .MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var operation = Operation.Of(
            Kept((Tensor)vars[0]), Kept((Tensor)vars[1]), Kept((Tensor)vars[2]), (int)vars[3], (double)vars[4], (Activation)vars[5]);
        ctx.set_materialize_grads(false);
        ctx.save_data(State, operation);
        return operation.Forward();

        // The numbers without the graph that they came from. Backward lets go of them.
        static Tensor Kept(Tensor tensor) => tensor.detach().DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        foreach (Tensor earlier in _returned ?? [])
        {
            earlier.Dispose();
        }

        using var operation = (Operation)ctx.get_data(State);
        using Tensor gradient = grad_output;
        _returned = operation.Backward(gradient);
        return [.. _returned, null!, null!, null!];
    }

    /// <summary>One call: its inputs, and what its gradient needs.</summary>
    private sealed unsafe class Operation(Tensor input, Tensor scale, Tensor shift, GroupNormShape shape, Activation activation)
        : IDisposable
    {
        private readonly int _samples = (int)input.shape[0];

        // Of each sample, as the kernel writes them.
        private readonly float[] _statistics = new float[input.shape[0] * 2 * shape.Groups];

        // Whether a and b are of each sample.
        private readonly bool _isOfSample = scale.dim() == 2;

        public static Operation Of(Tensor input, Tensor scale, Tensor shift, int groups, double epsilon, Activation activation)
        {
            long[] sides = input.shape, own = [sides[0], sides[1]];
            if (sides[1] % NumberFormat.Block != 0 || sides[1] % groups != 0
                || !(scale.shape.AsSpan().SequenceEqual(own) || scale.shape.AsSpan().SequenceEqual(own.AsSpan(1)))
                || !shift.shape.AsSpan().SequenceEqual(scale.shape))
            {
                throw new ArgumentException(
                    $"Maps of {string.Join('×', sides)} do not go with {groups} groups, scales of {string.Join('×', scale.shape)} and "
                    + $"shifts of {string.Join('×', shift.shape)}, or have a number of channels that is no multiple of "
                    + $"{NumberFormat.Block}.");
            }

            return new(input, scale, shift, new((int)sides[1], checked((int)(sides[2] * sides[3])), groups, epsilon), activation);
        }

        /// <summary>The result, owned by the surrounding dispose scope.</summary>
        public Tensor Forward() => Kernel().Forward();

        /// <summary>The gradients of x, a and b, owned by the surrounding dispose scope.</summary>
        public Tensor[] Backward(Tensor gradient) => Kernel().Backward(gradient);

        public void Dispose()
        {
            input.Dispose();
            scale.Dispose();
            shift.Dispose();
        }

        private (Func<Tensor> Forward, Func<Tensor, Tensor[]> Backward) Kernel() => (input.dtype, activation) switch
        {
            (ScalarType.BFloat16, Activation.None) => Kernel<ushort, BFloat16Format, Identity>(),
            (ScalarType.BFloat16, Activation.Silu) => Kernel<ushort, BFloat16Format, Silu>(),
            (ScalarType.BFloat16, Activation.Relu) => Kernel<ushort, BFloat16Format, Relu>(),
            (ScalarType.Float32, Activation.None) => Kernel<float, Float32Format, Identity>(),
            (ScalarType.Float32, Activation.Silu) => Kernel<float, Float32Format, Silu>(),
            (ScalarType.Float32, Activation.Relu) => Kernel<float, Float32Format, Relu>(),
            _ => throw new NotSupportedException($"No kernel has the activation {activation} for numbers of {input.dtype}."),
        };

        private (Func<Tensor> Forward, Func<Tensor, Tensor[]> Backward) Kernel<T, TFormat, TActivation>()
            where T : unmanaged
            where TFormat : INumberFormat<T>
            where TActivation : IElementwise =>
            (Forward<T, TFormat, TActivation>, Backward<T, TFormat, TActivation>);

        private Tensor Forward<T, TFormat, TActivation>()
            where T : unmanaged
            where TFormat : INumberFormat<T>
            where TActivation : IElementwise
        {
            using var scope = NewDisposeScope();
            Tensor output = ChannelsLast.EmptyLike(input);
            fixed (T* from = Numbers<T>(ChannelsLast.Pixels(input)), to = Numbers<T>(ChannelsLast.Pixels(output)))
            fixed (float* factors = Numbers<float>(scale), terms = Numbers<float>(shift))
            {
                // Code that runs on other threads cannot name what is fixed here.
                T* x = from, y = to;
                float* a = factors, b = terms;
                EachSample(sample =>
                {
                    long maps = (long)sample * shape.Channels * shape.Pixels, row = Row(sample);
                    GroupNormKernel<T, TFormat, TActivation>.Forward(shape, x + maps, a + row, b + row, Statistics(sample), y + maps);
                });
            }

            return output.MoveToOuterDisposeScope();
        }

        private Tensor[] Backward<T, TFormat, TActivation>(Tensor gradient)
            where T : unmanaged
            where TFormat : INumberFormat<T>
            where TActivation : IElementwise
        {
            using var scope = NewDisposeScope();
            Tensor ofInput = ChannelsLast.EmptyLike(input);
            Tensor ofScale = empty([_samples, shape.Channels], ScalarType.Float32, input.device), ofShift = empty_like(ofScale);
            Tensor last = ChannelsLast.Pixels(ChannelsLast.Of(gradient));
            fixed (T* from = Numbers<T>(ChannelsLast.Pixels(input)), given = Numbers<T>(last))
            fixed (T* to = Numbers<T>(ChannelsLast.Pixels(ofInput)))
            fixed (float* factors = Numbers<float>(scale), terms = Numbers<float>(shift))
            fixed (float* toScale = Numbers<float>(ofScale), toShift = Numbers<float>(ofShift))
            {
                T* x = from, ofY = given, ofX = to;
                float* a = factors, b = terms, ofA = toScale, ofB = toShift;
                EachSample(sample =>
                {
                    long maps = (long)sample * shape.Channels * shape.Pixels, row = Row(sample), own = (long)sample * shape.Channels;
                    GroupNormKernel<T, TFormat, TActivation>.Backward(
                        shape, x + maps, a + row, b + row, Statistics(sample), ofY + maps, ofX + maps, ofA + own, ofB + own);
                });
            }

            return
            [
                ofInput.MoveToOuterDisposeScope(), OfParameter(ofScale).MoveToOuterDisposeScope(),
                OfParameter(ofShift).MoveToOuterDisposeScope(),
            ];
        }

        /// <summary>Computes all samples, several at a time if torch may use several threads. Each has the same bits in any case.</summary>
        private void EachSample(Action<int> compute)
        {
            bool isSmall = (long)_samples * shape.Channels * shape.Pixels < LeastShared;
            int threads = isSmall || _samples == 1 ? 1 : TorchThreads.Current;
            if (threads > 1)
            {
                Parallel.For(0, _samples, new ParallelOptions { MaxDegreeOfParallelism = threads }, compute);
                return;
            }

            for (int sample = 0; sample < _samples; sample++)
            {
                compute(sample);
            }
        }

        private static Span<T> Numbers<T>(Tensor tensor)
            where T : unmanaged =>
            MemoryMarshal.Cast<byte, T>(tensor.BytesOnHost());

        private Tensor OfParameter(Tensor ofSamples) => _isOfSample ? ofSamples : ofSamples.sum([0L]);

        private long Row(int sample) => _isOfSample ? (long)sample * shape.Channels : 0;

        private Span<float> Statistics(int sample) => _statistics.AsSpan(sample * 2 * shape.Groups, 2 * shape.Groups);
    }
}
