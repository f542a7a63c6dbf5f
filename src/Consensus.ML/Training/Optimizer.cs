using Consensus.ML.Networks;
using Consensus.ML.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Training;

/// <summary>
/// Weights in training: float32 masters, the leaves that gradients flow to, AdamW (Loshchilov and Hutter 2019) and the
/// exponential moving average, all on flat tensors.
/// </summary>
internal sealed class Optimizer : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly WeightSet _masters;
    private readonly Tensor _gradient, _first, _second;
    private readonly Tensor? _lowWeights, _lowGradient;
    private readonly List<Tensor> _owned = [];
    private readonly double _weightDecay, _emaDecay;
    private readonly double? _clipping;

    /// <param name="initial">Initial weights; owned from here on.</param>
    /// <param name="options">Weight decay, clipping, EMA and precision.</param>
    public Optimizer(WeightSet initial, TrainingOptions options)
    {
        using var scope = NewDisposeScope();
        _masters = initial;
        Average = initial.Clone();
        _gradient = Own(zeros_like(initial.Flat));
        _first = Own(zeros_like(initial.Flat));
        _second = Own(zeros_like(initial.Flat));
        (_weightDecay, _emaDecay, _clipping) = (options.WeightDecay, options.EmaDecay, options.GradientClipping);

        WeightLayout layout = initial.Layout;
        Tensor[] values = WeightSet.Views(layout, initial.Flat), gradients = WeightSet.Views(layout, _gradient);
        if (options.Precision == Precision.BFloat16)
        {
            // Leaves of the heavy layers are bfloat16 copies; their gradients are gathered in bfloat16 too and widened in one go.
            long length = WeightSet.LowPrecisionLength(layout);
            _lowWeights = Own(initial.Flat.narrow(0, 0, length).to_type(ScalarType.BFloat16));
            _lowGradient = Own(zeros_like(_lowWeights));
            Replace(values, WeightSet.Views(layout, _lowWeights, lowPrecisionOnly: true));
            Replace(gradients, WeightSet.Views(layout, _lowGradient, lowPrecisionOnly: true));
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i].requires_grad_();
            values[i].grad = gradients[i];
            Own(gradients[i]);
            Own(values[i]);
        }

        Leaves = values;
    }

    /// <summary>What a forward pass takes, in the layout's order.</summary>
    public IReadOnlyList<Tensor> Leaves { get; }

    /// <summary>The moving average of the weights.</summary>
    public WeightSet Average { get; }

    /// <summary>Steps done.</summary>
    public int Steps { get; private set; }

    /// <summary>All that a later step depends on beside the gradients and the number of <see cref="Steps"/>, by name: flat float32 tensors, laid out as the weights are.</summary>
    public IReadOnlyList<(string Name, Tensor Values)> State => [("weights", _masters.Flat), ("average", Average.Flat), ("first_moment", _first), ("second_moment", _second)];

    /// <summary>Goes on from a <see cref="State"/> whose tensors have just been filled.</summary>
    /// <param name="steps">Steps done when it was taken.</param>
    public void Resume(int steps)
    {
        using var none = no_grad();
        Steps = steps;
        RefreshLowPrecision();
    }

    /// <summary>Forgets the gradients of the last step.</summary>
    public void ZeroGradients()
    {
        _gradient.zero_();
        _lowGradient?.zero_();
    }

    /// <summary>One step of AdamW with the gathered gradients, then of the moving average.</summary>
    public void Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        if (_lowGradient is not null)
        {
            _gradient.narrow(0, 0, _lowGradient.shape[0]).copy_(_lowGradient);
        }

        if (_clipping is double limit)
        {
            double norm = _gradient.norm().item<float>();
            if (norm > limit)
            {
                _gradient.TimesInPlace(limit / norm);
            }
        }

        Steps++;
        _first.LerpInPlace(_gradient, 1 - Beta1);
        _second.TimesInPlace(Beta2).PlusProductInPlace(_gradient, _gradient, 1 - Beta2);
        Tensor denominator = _second.sqrt().OverInPlace(Math.Sqrt(1 - Math.Pow(Beta2, Steps))).PlusInPlace(Epsilon);
        if (_weightDecay > 0)
        {
            _masters.Flat.TimesInPlace(1 - (learningRate * _weightDecay));
        }

        _masters.Flat.PlusQuotientInPlace(_first, denominator, -learningRate / (1 - Math.Pow(Beta1, Steps)));
        RefreshLowPrecision();

        // Early on the average follows quickly, or it would hold the initial weights for thousands of steps.
        double decay = Math.Min(_emaDecay, (1.0 + Steps) / (10.0 + Steps));
        Average.Flat.LerpInPlace(_masters.Flat, 1 - decay);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _owned)
        {
            tensor.Dispose();
        }

        Average.Dispose();
        _masters.Dispose();
    }

    private void RefreshLowPrecision()
    {
        if (_lowWeights is not null)
        {
            using Tensor masters = _masters.Flat.narrow(0, 0, _lowWeights.shape[0]);
            _lowWeights.copy_(masters);
        }
    }

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    private static void Replace(Tensor[] all, Tensor?[] some)
    {
        for (int i = 0; i < all.Length; i++)
        {
            if (some[i] is Tensor replacement)
            {
                all[i].Dispose();
                all[i] = replacement;
            }
        }
    }
}
