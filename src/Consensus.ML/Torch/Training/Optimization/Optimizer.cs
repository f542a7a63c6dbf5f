using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Optimization;

/// <summary>
/// Weights in training: float32 master weights, the leaf tensors that receive gradients, AdamW (Loshchilov and Hutter 2019), alone or
/// beside <see cref="Muon"/>, and the exponential moving average. All but Muon work on flat tensors.
/// </summary>
/// <remarks>
/// On a GPU, no step waits: the factors that limit gradient and update stay there, and the host takes the loss and the norm of a step when
/// it has queued the next one. With float16 it takes them at once, because they decide whether the step is done, and with which scale the
/// next one begins. On a CPU nothing is queued, and the host takes them before the weights change.
/// </remarks>
internal sealed class Optimizer : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    // What AdamW reads and writes of so many weights stays in a core's cache from one operation to the next.
    private const long PartLength = 1 << 16;

    private readonly WeightSet _masters;
    private readonly Tensor _gradient, _first, _second;

    // Memory that is new in each step costs more than what is computed in it: the system has to map and clear its pages.
    private readonly Tensor _denominator;
    private readonly Tensor? _lowWeights, _lowGradient;
    private readonly Muon? _muon;
    private readonly List<Part> _parts = [];
    private readonly List<Tensor> _owned = [];
    private readonly double _weightDecay, _emaDecay;
    private readonly double? _clipping, _updateClipping;
    private readonly bool _onDevice;
    private readonly int _late;
    private readonly Queue<(int Step, bool HasLoss, PendingNumbers Numbers)> _pending = [];

    // The scaler's state as a tensor, so that checkpoints hold it too.
    private readonly LossScaler? _scaler;
    private readonly Tensor? _scaling;

    /// <param name="initial">Initial weights; the optimizer then owns them.</param>
    /// <param name="options">Weight decay, clipping, EMA and precision.</param>
    /// <param name="onDevice">Whether factors stay on the device, so that no step waits; null: on a GPU.</param>
    /// <param name="waits">Whether the host takes the outcome of each step at once anyway; so it does with float16.</param>
    public Optimizer(WeightSet initial, TrainingOptions options, bool? onDevice = null, bool waits = false)
    {
        using var scope = NewDisposeScope();
        _onDevice = onDevice ?? initial.Flat.device_type != DeviceType.CPU;
        _late = _onDevice && !waits && options.Precision != Precision.Float16 ? 1 : 0;
        _masters = initial;
        Average = initial.Clone();
        _gradient = Own(zeros_like(initial.Flat));
        _first = Own(zeros_like(initial.Flat));
        _second = Own(zeros_like(initial.Flat));
        _denominator = Own(empty_like(initial.Flat));
        (_weightDecay, _emaDecay, _clipping, _updateClipping) = (
            options.WeightDecay, options.EmaDecay, options.GradientClipping, options.UpdateClipping);

        WeightLayout layout = initial.Layout;
        if (options.Optimizer == OptimizerKind.Muon)
        {
            _muon = new(layout, initial.Flat, _gradient, _first, Beta1);
        }

        // A GPU has no such cache, and each operation costs it a launch.
        foreach ((long start, long end) in Rest(WeightSet.FlatLength(layout), _muon?.Ranges ?? []))
        {
            long step = _onDevice ? end - start : PartLength;
            for (long at = start; at < end; at += step)
            {
                long length = Math.Min(step, end - at);
                _parts.Add(new(
                    Own(initial.Flat.narrow(0, at, length)), Own(_gradient.narrow(0, at, length)), Own(_first.narrow(0, at, length)),
                    Own(_second.narrow(0, at, length)), Own(_denominator.narrow(0, at, length))));
            }
        }

        Tensor[] values = WeightSet.Views(layout, initial.Flat), gradients = WeightSet.Views(layout, _gradient);
        if (options.Precision != Precision.Float32)
        {
            // Leaves of the heavy layers are 16-bit copies. Their gradients are gathered in 16 bits as well, and then widened together.
            long length = WeightSet.LowPrecisionLength(layout);
            _lowWeights = Own(initial.Flat.narrow(0, 0, length).to_type(options.Precision.HeavyType()));
            _lowGradient = Own(zeros_like(_lowWeights));
            Replace(values, WeightSet.Views(layout, _lowWeights, lowPrecisionOnly: true));
            Replace(gradients, WeightSet.Views(layout, _lowGradient, lowPrecisionOnly: true));
        }

        if (options.Precision == Precision.Float16)
        {
            _scaler = new();
            _scaling = Own(_scaler.State.ToHostTensor());
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

    /// <summary>The weights for a forward pass, in the layout's order.</summary>
    public IReadOnlyList<Tensor> Leaves { get; }

    /// <summary>The moving average of the weights.</summary>
    public WeightSet Average { get; }

    /// <summary>Number of steps done.</summary>
    public int Steps { get; private set; }

    /// <summary>The factor of the loss before its backward pass; 1 unless the precision is float16.</summary>
    public double LossScale => _scaler?.Scale ?? 1;

    /// <summary>
    /// Everything that a later step depends on, by name, except the gradients and the number of <see cref="Steps"/>: flat float32 tensors
    /// with the layout of the weights, and the state of the loss scaling if there is any.
    /// </summary>
    public IReadOnlyList<(string Name, Tensor Values)> State =>
    [
        ("weights", _masters.Flat), ("average", Average.Flat), ("first_moment", _first), ("second_moment", _second),
        .. _scaling is null ? Array.Empty<(string, Tensor)>() : [("loss_scaling", _scaling)],
    ];

    /// <summary>Continues after the tensors of <see cref="State"/> were filled.</summary>
    /// <param name="steps">Number of steps done when the state was saved.</param>
    public void Resume(int steps)
    {
        using var none = no_grad();
        Steps = steps;
        _scaler?.Resume(_scaling!.ToArray());
        RefreshLowPrecision();
    }

    /// <summary>Sets the gradients to zero.</summary>
    public void ZeroGradients()
    {
        _gradient.zero_();
        _lowGradient?.zero_();
    }

    /// <summary>Whether all weights and their average are finite.</summary>
    public bool IsFinite
    {
        get
        {
            using var scope = NewDisposeScope();
            using var none = no_grad();
            return _masters.Flat.isfinite().all().logical_and(Average.Flat.isfinite().all()).Read<bool>();
        }
    }

    /// <summary>
    /// Gathers the gradients of a step in one flat float32 tensor, which <see cref="Step"/> takes. 16-bit gradients are widened.
    /// </summary>
    /// <returns>The tensor; the optimizer owns it.</returns>
    public Tensor GatherGradients()
    {
        if (_lowGradient is not null)
        {
            using var none = no_grad();
            using Tensor heavy = _gradient.narrow(0, 0, _lowGradient.shape[0]);
            heavy.copy_(_lowGradient);
        }

        return _gradient;
    }

    /// <summary>
    /// One step with the gathered gradients of the loss times <see cref="LossScale"/>, then one of the moving average. In float16, a step
    /// whose gradients overflowed changes no weight; in other formats it is an error.
    /// </summary>
    /// <param name="learningRate">The learning rate.</param>
    /// <param name="loss">The loss of the step, without the scale; null where the caller reads it.</param>
    /// <returns>What is known by now: the outcome of this step, or of the step before, or null where that was taken.</returns>
    /// <exception cref="NotFiniteGradientException">
    /// The loss or the gradient of the step that is known by now is NaN or infinite. No weight was changed by this step; if it is the step
    /// before, that one spoilt the weights.
    /// </exception>
    public StepOutcome? Step(double learningRate, Tensor? loss = null)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        Steps++;
        Tensor gradientNorm = _gradient.norm();
        _pending.Enqueue((Steps, loss is not null, PendingNumbers.Begin(stack([loss ?? gradientNorm, gradientNorm]))));
        StepOutcome? outcome = null;
        if (_pending.Count > _late)
        {
            outcome = TakeOutcome();
            if (_scaler is null)
            {
                EnsureFinite(outcome.Value);
            }
        }

        double? norm = _late == 0 ? outcome!.Value.Norm : null;
        if (_scaler is not null)
        {
            // The norm is finite if the whole gradient is.
            double scale = _scaler.Scale;
            if (!outcome!.Value.HasFiniteLoss)
            {
                throw new NotFiniteGradientException(outcome.Value);
            }

            bool accepted = _scaler.Accept(double.IsFinite(norm!.Value));
            _scaling!.copy_(_scaler.State.ToHostTensor());
            if (!accepted)
            {
                return outcome;
            }

            _gradient.TimesInPlace(1 / scale);
            norm /= scale;
            gradientNorm = gradientNorm.Over(scale);
        }

        if (_clipping is double longest)
        {
            Shorten(longest, norm, gradientNorm);
        }

        int updates = Steps - (_scaler?.Skipped ?? 0);
        foreach (Part part in _parts)
        {
            part.First.LerpInPlace(part.Gradient, 1 - Beta1);
            part.Second.TimesInPlace(Beta2).PlusProductInPlace(part.Gradient, part.Gradient, 1 - Beta2);
            part.Denominator.copy_(part.Second).sqrt_().OverInPlace(Math.Sqrt(1 - Math.Pow(Beta2, updates))).PlusInPlace(Epsilon);
            if (_updateClipping is not null)
            {
                // The gradient is no longer needed.
                part.Gradient.div_(part.Denominator);
            }
        }

        _muon?.Step(learningRate);
        if (_updateClipping is double most)
        {
            // The gaps between weights in the flat tensors hold 0 and do not count, and Muon leaves 0 too.
            DescendWithin(most, learningRate, 1 - Math.Pow(Beta1, updates), _gradient.norm());
        }
        else
        {
            Descend(learningRate, 1 - Math.Pow(Beta1, updates));
        }

        RefreshLowPrecision();

        // The average follows quickly at first. Otherwise it would hold the initial weights for thousands of steps.
        double decay = Math.Min(_emaDecay, (1.0 + updates) / (10.0 + updates));
        Average.Flat.LerpInPlace(_masters.Flat, 1 - decay);
        return outcome;
    }

    /// <summary>
    /// Waits for the outcome of the last step, and returns it unless <see cref="Step"/> did. Without it, nobody knows yet whether the
    /// weights are good: it comes before a validation, a checkpoint and the end of a run.
    /// </summary>
    /// <exception cref="NotFiniteGradientException">Its loss or its gradient is NaN or infinite, and so are the weights.</exception>
    public StepOutcome? TakeLastOutcome()
    {
        if (_pending.Count == 0)
        {
            return null;
        }

        StepOutcome outcome = TakeOutcome();
        EnsureFinite(outcome);
        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, _, PendingNumbers numbers) in _pending)
        {
            numbers.Dispose();
        }

        foreach (Tensor tensor in _owned)
        {
            tensor.Dispose();
        }

        _muon?.Dispose();
        Average.Dispose();
        _masters.Dispose();
    }

    private StepOutcome TakeOutcome()
    {
        (int step, bool hasLoss, PendingNumbers pending) = _pending.Dequeue();
        using (pending)
        {
            float[] numbers = pending.Take();
            return new(step, hasLoss ? numbers[0] : null, numbers[1]);
        }
    }

    private static void EnsureFinite(StepOutcome outcome)
    {
        if (!outcome.HasFiniteLoss || !double.IsFinite(outcome.Norm))
        {
            // NaN would stay in the weights and their average, and a run may end before another loss shows it.
            throw new NotFiniteGradientException(outcome);
        }
    }

    /// <summary>Scales a gradient that is too long.</summary>
    /// <param name="longest">The largest norm.</param>
    /// <param name="norm">Its norm; null where the host does not know it yet.</param>
    /// <param name="onDevice">Its norm.</param>
    private void Shorten(double longest, double? norm, Tensor onDevice)
    {
        if (_onDevice)
        {
            _gradient.mul_(Quotient(longest, onDevice.to_type(ScalarType.Float64)).to_type(ScalarType.Float32));
        }
        else if (norm > longest)
        {
            _gradient.TimesInPlace(longest / norm.Value);
        }
    }

    /// <summary>Changes the weights by AdamW's step.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="correction">1 − β_1^t, since the first moment began at 0.</param>
    private void Descend(double rate, double correction)
    {
        if (_weightDecay > 0)
        {
            _masters.Flat.TimesInPlace(1 - (rate * _weightDecay));
        }

        foreach (Part part in _parts)
        {
            part.Weights.PlusQuotientInPlace(part.First, part.Denominator, -rate / correction);
        }
    }

    /// <summary>The same with a learning rate that falls with the update, if that is too long.</summary>
    /// <param name="most">The largest root mean square of the update.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="correction">1 − β_1^t.</param>
    /// <param name="norm">The norm of the update.</param>
    private void DescendWithin(double most, double rate, double correction, Tensor norm)
    {
        double root = Math.Sqrt(_masters.Layout.ParameterCount - (_muon?.Count ?? 0));
        if (!_onDevice)
        {
            Descend(rate * Math.Min(1, most / (norm.Read<float>() / root)), correction);
            return;
        }

        // The same operations in the same order, so that the weights have the same bits. The gradient's memory holds the step.
        Tensor shorter = Quotient(most, norm.to_type(ScalarType.Float64).Over(root)).Times(rate);
        if (_weightDecay > 0)
        {
            _masters.Flat.mul_(shorter.Times(_weightDecay).SubtractedFrom(1).to_type(ScalarType.Float32));
        }

        Tensor factor = shorter.neg().Over(correction).to_type(ScalarType.Float32);
        foreach (Part part in _parts)
        {
            part.Weights.PlusInPlace(part.Gradient.copy_(part.First).mul_(factor).div_(part.Denominator));
        }
    }

    /// <summary>The smaller of 1 and numerator / denominator, float64.</summary>
    private static Tensor Quotient(double numerator, Tensor denominator) =>
        (zeros_like(denominator).PlusInPlace(numerator) / denominator).Clamped(null, 1);

    /// <summary>What the ranges leave of a length. They are in order and do not overlap.</summary>
    private static IEnumerable<(long Start, long End)> Rest(long length, IEnumerable<(long Start, long End)> ranges)
    {
        long at = 0;
        foreach ((long start, long end) in ranges.Append((length, length)))
        {
            if (start > at)
            {
                yield return (at, start);
            }

            at = end;
        }
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

    /// <summary>Views of a part of the flat tensors that AdamW moves.</summary>
    private sealed record Part(Tensor Weights, Tensor Gradient, Tensor First, Tensor Second, Tensor Denominator);
}
